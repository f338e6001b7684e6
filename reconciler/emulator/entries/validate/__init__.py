"""What Consul refuses about one entry by itself, in its order and its words: one module a kind.

`entry` is what others call. Never here: other entries of the store, permissions.
"""
