"""Discovery chains: compiled from router, splitter and resolver, and shown by `/v1/discovery-chain`.

Never here: refusing a write (`entries.graph`). Reads entries from the store or from proposed changes.
"""
