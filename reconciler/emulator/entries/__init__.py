"""Config entries (`/v1/config`): Consul's order of checks at a write, and storing.

Rooms: `validate` (one entry by itself), `graph` (one entry among the others). Imported by `connect`,
`federation`, the route table and `serve.remote`.
"""
