"""`/v1/operator` and `/v1/snapshot`: raft's servers, autopilot, keyring, snapshots.

Never here: ordering faults (`admin`, which is not Consul's). Imported by the route table.
"""
