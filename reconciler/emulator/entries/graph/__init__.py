"""What Consul refuses about a write because of other entries: protocols, loops, exports, providers.

`write` is what others call. Never here: what one entry says by itself (`validate`).
"""
