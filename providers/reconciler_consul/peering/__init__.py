"""Peerings: the two ends as one condition, and making, removing and rotating them.

Never here: what is exported over a peering (`imports`, `graph`). `steps` is what the provider calls;
`pair` and `body` are pure.
"""
