"""The local agent: services, checks, members, metrics, events, coordinates (`/v1/agent`, …).

Never here: the servers' catalog. Imported by the route table, the world, and `tenancy`.
"""
