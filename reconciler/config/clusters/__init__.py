"""Who is declared: clusters, groups, addresses, names, and which of them a selector chooses.

`spec` is all files as one configuration, its `items` with the models that validated them. Never here:
resources and what they refer to. Imported by every later room.
"""
