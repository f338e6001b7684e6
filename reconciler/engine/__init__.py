"""The algorithm: read, merge, diff, decide, order, plan, execute.

Knows kinds by their declared rules only, reaches clusters through the Provider protocol and storage
through ports that it defines itself. Everything but `refresh` and `execution` is pure.

Rooms, lowest first: `bodies`, then `deciding` (one object) and `order` (all objects), then `planning`
and `execution`, which do not know each other. The contract "engine" in pyproject.toml holds this.
"""
