"""Why clusters that are up do not work together: findings from a world, one module for each subject.

A pure room: a world in, findings out. `catalogue` has every kind of finding, and is what docs/findings.md is
made from. What is not known is no finding. Never here: reading from servers, and what is shown of a finding.
Only the provider imports it.
"""
