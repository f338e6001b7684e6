"""Where clusters listen for those that dial them: their servers, or their mesh gateways."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState


def dialed_cluster(world: WorldState, addresses: Iterable[str]) -> str | None:
    """Return the cluster that listens at one of the addresses: its servers or its mesh gateways."""
    for address in addresses:
        if address in world.dialed:
            return world.dialed[address]
        for cluster in world.clusters.values():
            if address in gateway_addresses(cluster):
                return cluster.name
    return None


def gateway_addresses(cluster: Cluster) -> list[str]:
    """Return the WAN addresses of a cluster's mesh gateways."""
    found = []
    for service in cluster.store.services.values():
        if service.get("Kind") == "mesh-gateway":
            wan = (service.get("TaggedAddresses") or {}).get("wan")
            address = (
                (wan["Address"], wan["Port"])
                if wan
                else (service["Address"] or cluster.host, service["Port"])
            )
            found.append(f"{address[0]}:{address[1]}")
    return found
