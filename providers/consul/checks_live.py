"""Checks that take a look at what runs: registered mesh gateways, and peers that only a live server knows.

Nothing is asked unless the plan makes a peering through gateways, or names a peer that it does not declare;
then one request for each such cluster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from providers.consul.api import ConsulApi
from providers.consul.capabilities_of_entries import values
from providers.consul.checks_sight import Sight
from providers.consul.peering_body import Spec
from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding
from reconciler.sdk.errors import ProviderError

GATEWAY = "mesh-gateway"
UNKNOWN_PEER = "unknown-peer"

Found = list[tuple[Address, Finding]]


async def live_findings(sight: Sight) -> Found:
    """All of them."""
    through, strangers = _through_gateways(sight), _strangers(sight)
    gateways = await _ask(sight, {cluster for _, cluster in through}, _has_gateway)
    rows = await _ask(sight, {cluster for _, cluster, _ in strangers}, _peer_names)
    out = [(address, _no_gateway(cluster)) for address, cluster in through if gateways[cluster] is False]
    for address, cluster, name in strangers:
        known = rows[cluster]
        if isinstance(known, frozenset) and name.lower() not in known:
            out.append((address, _nobody(cluster, name)))
    return out


def _through_gateways(sight: Sight) -> list[tuple[Address, str]]:
    """Peerings to be made, and their accepting cluster, where tokens are to carry addresses of gateways."""
    out = []
    for item in sight.planned:
        if item.address.type == "peering" and item.step is not None and item.step.after is not None:
            acceptor = Spec.of(item.address, item.step.after).acceptor
            settings = (v for mesh in sight.mesh(acceptor) for v in values(mesh, "Peering"))
            if any(setting.get("PeerThroughMeshGateways") is True for setting in settings):
                out.append((item.address, acceptor))
    return out


def _strangers(sight: Sight) -> list[tuple[Address, str, str]]:
    """Entries with a peer that no peering of the plan is called."""
    return [
        (item.address, item.address.cluster, name)
        for item in sight.planned
        for name in dict.fromkeys(sight.named_peers(item))
        if "*" not in name and (item.address.cluster, name.lower()) not in sight.links
    ]


async def _ask(
    sight: Sight, clusters: Iterable[str], question: Callable[[ConsulApi], Awaitable[object]]
) -> dict[str, object]:
    """Each cluster's answer; `None` where it gives none."""
    names = sorted(name for name in clusters)

    async def one(name: str) -> object:
        try:
            return await question(sight.apis[name]) if name in sight.apis else None
        except ProviderError:
            return None

    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))


async def _has_gateway(api: ConsulApi) -> bool | None:
    return await api.has_service_of_kind("mesh-gateway")


async def _peer_names(api: ConsulApi) -> frozenset[str]:
    return frozenset(await api.list_peerings())


def _no_gateway(cluster: str) -> Finding:
    """Consul writes the row and then answers 500: `no mesh gateway instances are registered`."""
    message = f"{cluster} peers through mesh gateways and none is registered"
    hint = (
        f"start one on {cluster} (consul connect envoy -gateway=mesh -register), "
        "or turn peer_through_mesh_gateways off"
    )
    return Finding(GATEWAY, message, hint)


def _nobody(cluster: str, name: str) -> Finding:
    """Consul takes any name of a peer; what names nobody does nothing, denials included."""
    message = f'{cluster} has no peer called "{name}", and none is declared: this has no effect'
    return Finding(UNKNOWN_PEER, message, blocks=False)
