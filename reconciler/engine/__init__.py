"""The algorithm: read, merge, diff, decide, order, plan, execute.

Knows kinds by their declared rules only, reaches clusters through the Provider protocol and storage
through ports that it defines itself. Everything but `refresh` and `executor` is pure.
"""
