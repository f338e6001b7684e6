"""Keys, locks, sessions and transactions (`/v1/kv`, `/v1/session`, `/v1/txn`).

Never here: the catalog's rows themselves; `txn_catalog` calls them. Imported by the route table and the
world.
"""
