"""Safety checks of a run that writes, beside its plan: freezes, confirmations, approvals, fingerprints.

Belongs here: what has to be so before a plan is carried out. Never here: what is counted in a plan
(`engine.guarding`), carrying it out (`app.applying`). Imports `planning`; imported by what writes.
"""
