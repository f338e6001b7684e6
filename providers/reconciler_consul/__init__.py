"""The Consul HTTP API provider: peerings and config entries of Consul ≥ 1.14.

A package of its own: it sees `reconciler.sdk` and nothing else of the core, and is found by its entry
point. Rooms, lowest first: `kinds`, `server`, `peering`, `graph`, `worlds`, then `access`, `acl`,
`checks` and `imports`, which do not know each other, then `doctor` and `rehearsing`. `provider` puts them
together, `reading` is the bulk read, `entries` writes config entries.
"""

from reconciler_consul.provider import ConsulProvider

__all__ = ["ConsulProvider"]
