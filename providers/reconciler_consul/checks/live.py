"""Checks that take a look at what runs: registered mesh gateways, and peers that only a live server knows.

Nothing is asked unless the plan makes a peering through gateways, turns those on, or names a peer that it
does not declare; then one request for each such cluster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import Body
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.peering.body import PeeringSpec
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.entry_capabilities import values

GATEWAY = "mesh-gateway"
UNKNOWN_PEER = "unknown-peer"
EXISTING_PEERINGS = "existing-peerings"

Found = list[tuple[Address, Finding]]


async def live_findings(context: CheckContext) -> Found:
    """Return all findings that need answers of the clusters."""
    through, undeclared, turned = _through_gateways(context), _undeclared_peers(context), _turned_on(context)
    gateways = await _ask(context, {cluster for _, cluster in (*through, *turned)}, _has_gateway)
    rows = await _ask(context, {cluster for _, cluster, _ in undeclared}, _peer_names)
    out = [(address, _no_gateway(cluster)) for address, cluster in through if gateways[cluster] is False]
    for address, cluster in turned:
        out += [(address, finding) for finding in _gateways_enabled(context, cluster, gateways[cluster])]
    for address, cluster, name in undeclared:
        known = rows[cluster]
        if isinstance(known, frozenset) and name.lower() not in known:
            out.append((address, _unknown_peer(cluster, name)))
    return out


def _through_gateways(context: CheckContext) -> list[tuple[Address, str]]:
    """Return the peerings to be created, and their acceptor, where tokens are to carry addresses of
    gateways.
    """
    out = []
    for item in context.planned:
        if item.address.type == "peering" and item.step is not None and item.step.after is not None:
            acceptor = PeeringSpec.of(item.address, item.step.after).acceptor
            if any(_goes_through(mesh) for mesh in context.meshes.get(acceptor, ())):
                out.append((item.address, acceptor))
    return out


def _turned_on(context: CheckContext) -> list[tuple[Address, str]]:
    """Return the mesh entries, and their clusters, that make existing peerings go through gateways."""
    out = []
    for item in context.planned:
        step = item.step
        if item.address.type == "mesh" and step is not None and step.after is not None:
            before = step.before.body if step.before is not None else {}
            turned_on = _goes_through(step.after) and not _goes_through(before)
            if turned_on and _kept_peerings(context, item.address.cluster):
                out.append((item.address, item.address.cluster))
    return out


def _goes_through(mesh: Body) -> bool:
    return any(setting.get("PeerThroughMeshGateways") is True for setting in values(mesh, "Peering"))


def _gateways_enabled(context: CheckContext, cluster: str, has_gateway: object) -> Iterator[Finding]:
    """Yield what turning gateways on means.

    Links that are up stay up; servers that dial get new addresses over the link, and use them when they
    connect next (tried on 1.16 and 1.20).
    """
    if has_gateway is False:
        message = (
            f"no mesh gateway is registered on {cluster}: until one is, "
            "it can accept no new peering, and no secret can be renewed"
        )
        yield Finding(GATEWAY, message, _start_one(cluster), blocks=False)
    kept = _kept_peerings(context, cluster)
    shown = ", ".join(kept[:3]) + (f" and {len(kept) - 3} more" if len(kept) > 3 else "")
    message = (
        f"{shown}: existing peerings stay up and are not recreated; the other end learns the gateways' "
        "addresses over the link, and dials them when it connects next"
    )
    yield Finding(EXISTING_PEERINGS, message, blocks=False)


def _kept_peerings(context: CheckContext, cluster: str) -> list[str]:
    """Return the peerings that this cluster accepts and that the plan leaves as they are."""
    return sorted(
        str(item.address)
        for item in context.planned
        if item.address.type == "peering" and item.body is not None and item.step is None
        if PeeringSpec.of(item.address, item.body).acceptor == cluster
    )


def _undeclared_peers(context: CheckContext) -> list[tuple[Address, str, str]]:
    """Return the entries that name a peer which no peering of the plan has."""
    return [
        (item.address, item.address.cluster, name)
        for item in context.planned
        for name in dict.fromkeys(context.named_peers(item))
        if "*" not in name and (item.address.cluster, name.lower()) not in context.links
    ]


async def _ask(
    context: CheckContext, clusters: Iterable[str], question: Callable[[ConsulApi], Awaitable[object]]
) -> dict[str, object]:
    """Return each cluster's answer; `None` where it gives none."""
    names = sorted(name for name in clusters)

    async def one(name: str) -> object:
        try:
            return await question(context.apis[name]) if name in context.apis else None
        except ProviderError:
            return None

    return dict(zip(names, await asyncio.gather(*map(one, names)), strict=True))


async def _has_gateway(api: ConsulApi) -> bool | None:
    return await api.has_service_of_kind("mesh-gateway")


async def _peer_names(api: ConsulApi) -> frozenset[str]:
    return frozenset(await api.list_peerings())


def _no_gateway(cluster: str) -> Finding:
    """Return the finding for a missing gateway. Consul writes the row and then answers 500: `no mesh gateway
    instances are registered`.
    """
    message = f"{cluster} peers through mesh gateways and none is registered"
    return Finding(GATEWAY, message, f"{_start_one(cluster)}, or turn peer_through_mesh_gateways off")


def _start_one(cluster: str) -> str:
    return f"start one on {cluster} (consul connect envoy -gateway=mesh -register)"


def _unknown_peer(cluster: str, name: str) -> Finding:
    """Return the finding for an unknown peer. Consul takes any name, and an entry with it has no effect,
    denials included.
    """
    message = f'{cluster} has no peer called "{name}", and none is declared: this has no effect'
    return Finding(UNKNOWN_PEER, message, blocks=False)
