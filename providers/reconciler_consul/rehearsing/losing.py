"""A world without a cluster, a gateway, a service or a peering. The world that is given stays as it is.

What is lost counts as gone from the catalog: its checks are critical, or it is deregistered. A process that
only hangs, without a check that sees it, stays in the catalog, and proxies go on sending to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.rehearsal import Loss, LossKind
from reconciler_consul.worlds.form import DOWN, Cluster, Item, objects, struct


def lost(world: World, losses: Sequence[Loss]) -> dict[str, Any]:
    """Return the world without these. Raises `ValueError` for what it does not have."""
    made = {**world, "clusters": dict(struct(world.get("clusters")))}
    for loss in losses:
        _check_there(world, loss)
        if loss.kind is LossKind.PEERING:
            made["peerings"] = _without_peering(made, loss)
        else:
            clusters = made["clusters"]
            clusters[loss.cluster] = _without(_cluster(clusters, loss.cluster), loss)
    return made


def _check_there(world: World, loss: Loss) -> None:
    """Raise `ValueError` for a gateway that is not there to be lost; each other loss says so itself."""
    cluster = struct(struct(world.get("clusters")).get(loss.cluster))
    if loss.kind is LossKind.GATEWAY and cluster.get("gateway") is False:
        raise ValueError(f"there is no mesh gateway in {loss.cluster} that passes")


def _cluster(clusters: Mapping[str, Cluster], name: str) -> Cluster:
    if name not in clusters:
        known = ", ".join(sorted(clusters)) or "none"
        raise ValueError(f"there is no cluster {name} (clusters: {known})")
    return clusters[name]


def _without(cluster: Cluster, loss: Loss) -> Cluster:
    makers: dict[LossKind, Callable[[Cluster, Loss], Cluster]] = {
        LossKind.CLUSTER: _down,
        LossKind.GATEWAY: _without_gateway,
        LossKind.SERVICE: _without_service,
    }
    return makers[loss.kind](cluster, loss)


def _down(cluster: Cluster, loss: Loss) -> Cluster:
    """Return a cluster of which nothing answers; its entries are still those that others rest on."""
    unknown = {key: why for key, why in struct(cluster.get("unknown")).items() if key != "services"}
    services = [_critical(one) for one in objects(cluster.get("services"))]
    down = {**_without_gateway(cluster, loss), "services": services, DOWN: True}
    return {**down, "unknown": unknown} if "unknown" in cluster else down


def _without_gateway(cluster: Cluster, loss: Loss) -> Cluster:
    return {**cluster, "gateway": False}


def _without_service(cluster: Cluster, loss: Loss) -> Cluster:
    services = objects(cluster.get("services"))
    found = [_critical(one) if one.get("name") == loss.name else one for one in services]
    if loss.name in {one.get("name") for one in services}:
        return {**cluster, "services": found}
    if "services" in struct(cluster.get("unknown")):
        raise ValueError(f"the services of {loss.cluster} are not known")
    raise ValueError(f"there is no service {loss.name} in {loss.cluster}")


def _critical(service: Mapping[str, Any]) -> Item:
    return {**service, "healthy": False}


def _without_peering(world: Mapping[str, Any], loss: Loss) -> list[Item]:
    ends = {loss.cluster, loss.name}
    there = list(world.get("peerings") or ())
    kept = [item for item in there if {item.get("acceptor"), item.get("dialer")} != ends]
    if len(kept) == len(there):
        raise ValueError(f"there is no peering of {loss.cluster} and {loss.name}")
    return kept
