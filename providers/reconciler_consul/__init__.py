"""The Consul HTTP API provider: peerings and config entries of Consul ≥ 1.14."""

from reconciler_consul.provider import ConsulProvider

__all__ = ["ConsulProvider"]
