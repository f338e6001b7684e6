"""Partitions and namespaces that have to exist before anything is written into them (Consul Enterprise).

Writes into a place that does not exist are refused, and this tool makes none: who may make partitions is
another matter than who may peer. Asked are `/v1/partitions` and `/v1/namespaces`, of Enterprise clusters that
are to get something in such a place; a token without `operator:read` leaves it to the servers to say so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator, Mapping

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.scope import DEFAULT
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.server.api import ConsulApi

UNKNOWN_PARTITION = "unknown-partition"
UNKNOWN_NAMESPACE = "unknown-namespace"
ANY = "*"

Place = tuple[str, str, str]  # cluster, partition, namespace
Key = tuple[str, str]  # cluster, and a partition where it is about namespaces
Names = frozenset[str] | None


async def place_findings(context: CheckContext) -> list[tuple[Address, Finding]]:
    """Return the objects that are to be written to a place that does not exist."""
    wanted = [
        (item.address, place)
        for item in context.planned
        if item.step is not None and not item.step.removes
        for place in _places(item, context)
    ]
    clusters = {place[0] for _, place in wanted if place[1] != DEFAULT}
    spaces = {place[:2] for _, place in wanted if place[2] not in (DEFAULT, ANY)}
    asked = {(name, ""): _names(context.apis[name], "/v1/partitions", None) for name in clusters}
    asked |= {(name, part): _names(context.apis[name], "/v1/namespaces", part) for name, part in spaces}
    names = await _all(asked)
    found = ((address, _finding(place, names)) for address, place in wanted)
    return [(address, finding) for address, finding in found if finding is not None]


def _places(item: Planned, context: CheckContext) -> Iterator[Place]:
    """Yield where an object will be. Community clusters have one place only, and other checks cover them."""
    own = item.address
    ends = (own.cluster, own.name) if own.type == "peering" else (own.cluster,)
    for name in ends:
        server = context.server(name)
        if server is not None and server.enterprise:
            partition = context.apis[name].cluster.partition if own.type == "peering" else own.partition
            yield name, partition or DEFAULT, own.namespace or DEFAULT


async def _all(asked: Mapping[Key, Awaitable[Names]]) -> dict[Key, Names]:
    return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))


async def _namespaces(api: ConsulApi, partition: str) -> Names:
    return await _names(api, "/v1/namespaces", partition)


async def _names(api: ConsulApi, path: str, partition: str | None) -> Names:
    """Return the names in a list, or `None` where it cannot be read."""
    try:
        return await api.list_names(path, partition)
    except ProviderError:
        return None


def _finding(place: Place, names: dict[Key, Names]) -> Finding | None:
    cluster, partition, namespace = place
    partitions = names.get((cluster, ""))
    if partitions is not None and partition not in partitions | {DEFAULT}:
        hint = f"create it on {cluster} first: consul partition create -name {partition}"
        return Finding(UNKNOWN_PARTITION, f'{cluster} has no partition "{partition}"', hint)
    namespaces = names.get((cluster, partition))
    if namespaces is not None and namespace not in namespaces | {DEFAULT, ANY}:
        where = f"{cluster}, partition {partition}," if partition != DEFAULT else cluster
        flag = f" -partition {partition}" if partition != DEFAULT else ""
        hint = f"create it on {cluster} first: consul namespace create -name {namespace}{flag}"
        return Finding(UNKNOWN_NAMESPACE, f'{where} has no namespace "{namespace}"', hint)
    return None
