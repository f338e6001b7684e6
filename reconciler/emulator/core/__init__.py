"""What every subsystem builds on: clusters, store, raft index, versions, faults, the request.

Never here: an endpoint, or a table's meaning. Imports `wire` only. May be imported by every room above.
"""
