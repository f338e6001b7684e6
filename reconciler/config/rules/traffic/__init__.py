"""Rules for discovery chains: resolvers, splitters, routers, API gateways' routes, HTTP conditions.

Belongs here: what one of these entries or a chain of them may say. Never here: who may call whom
(`rules`). Imported by `rules` only.
"""
