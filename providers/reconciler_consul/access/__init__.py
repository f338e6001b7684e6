"""Who can call whom over several clusters: `reconciler.sdk.access`, worked out as Consul's proxies do it.

A pure room: a world (the content of a snapshot) in, answers with their reasons out. It walks one request from
the caller's proxy to the instance that answers: discovery chain, peering, export, gateways, the exporter's
chain, instances, intentions. Chains are compiled by `graph.chains`; exports and intentions are judged here as
proxies apply them, which is not always what the servers' own lists say.

Never here: reading from servers, clocks, files, and what is shown of an answer. Only the provider imports it.
"""

from reconciler_consul.access.analysis import ConsulAnalysis

__all__ = ["ConsulAnalysis"]
