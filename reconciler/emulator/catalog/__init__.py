"""The catalog: nodes, services, checks, health (`/v1/catalog`, `/v1/health`).

Never here: what an agent keeps for itself (`agent`). Imports `peering` for instances of peers.
"""
