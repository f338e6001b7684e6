"""Safety checks as data: limits, confirmations, freezes and approvals, and what they say of one plan.

Belongs here: what `safety`, `freeze` and `approvals` in `reconciler.yaml` mean, without I/O and without a
clock: a time is given. Never here: how a check is carried out on a plan (`engine.guarding`).
"""
