"""The commands: each turns its options into one call of `reconciler.app` and shows the result.

Never here: planning, text of results (`render`), state. `program` imports a module of this room only to
register its command; heavy libraries are imported when a command runs.
"""
