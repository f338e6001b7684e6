"""Looking for drift: what was changed outside, what is beside it, and what of that is new since another run.

Reads only, takes no lock. Never here: what a difference means (`model.drifting`), texts. Imported by `app`.
"""
