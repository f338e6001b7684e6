"""Bodies by the rules of their kind: canonical form, merge, diff, rebase, veiled sensitive leaves.

Pure functions of values. Never here: addresses, clusters, actions, or any kind by name. `diff` is the
only module of the product that imports deepdiff. May be imported by every room of the engine, and by the
app.
"""
