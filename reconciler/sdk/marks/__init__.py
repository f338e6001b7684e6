"""What a provider offers besides to leave marks on its clusters and to find them: each protocol is optional.

A mark says which configuration made an object, or how new the state of a configuration is. Imported by
providers, and by the app, which asks for them.
"""
