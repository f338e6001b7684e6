"""The world as a run has read it: the lists that it has, and those that access rests on where it has none."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.provider import Body
from reconciler_consul.server.absence import certainly_absent
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.listing import Entries, ListKey, entries_at
from reconciler_consul.server.values import Identity
from reconciler_consul.worlds.default import default_intention
from reconciler_consul.worlds.form import NAMED, Cluster, Item, unknown_cluster, world_of
from reconciler_consul.worlds.hiding import shown_entry
from reconciler_consul.worlds.named import with_named
from reconciler_consul.worlds.reading import outcome
from reconciler_consul.worlds.written import NOT_IN_WORLDS, PEERING, entry, key_at, key_of, peering

KINDS = (
    "exported-services",
    "service-intentions",
    "service-defaults",
    "service-resolver",
    "service-router",
    "service-splitter",
    "proxy-defaults",
)
Lists = Mapping[ListKey, Entries | ProviderError]


async def seen(
    apis: Mapping[str, ConsulApi], lists: Lists, live: Mapping[Address, Body], touched: Collection[Address]
) -> dict[str, Any]:
    """Return the world of all clusters: what `lists` have and `live` adds. Lists of `KINDS` that are missing
    of the clusters of `touched` are read. Services that are named, and mesh gateways, are taken to run.
    """
    near = {name for address in touched for name in _clusters(address)}
    missing = [
        place
        for name in sorted(near & apis.keys())
        for place in (ListKey(name, kind, None, None) for kind in KINDS)
        if place not in lists
    ]
    answers = await asyncio.gather(*(outcome(entries_at(apis[place.cluster], place)) for place in missing))
    known = {**lists, **dict(zip(missing, answers, strict=True))}
    names = sorted(apis)
    clusters = await asyncio.gather(*(_cluster(apis[name], known, live) for name in names))
    peerings = [peering(address, body) for address, body in live.items() if address.type == PEERING]
    world = world_of(dict(zip(names, clusters, strict=True)), peerings, **{NAMED: True})
    return with_named(world, _all(world))


def _clusters(address: Address) -> Iterable[str]:
    return (address.cluster, address.name) if address.type == PEERING else (address.cluster,)


def _all(world: Mapping[str, Any]) -> Iterator[tuple[str, Body]]:
    for name, cluster in world["clusters"].items():
        yield from ((name, body) for body in cluster["config_entries"])


async def _cluster(api: ConsulApi, lists: Lists, live: Mapping[Address, Body]) -> Cluster:
    identity, agent = await asyncio.gather(outcome(api.identity()), outcome(api.agent()))
    if isinstance(identity, ProviderError):
        return unknown_cluster(identity.message)
    listed = {place: found for place, found in lists.items() if place.cluster == api.name}
    info = identity.info
    known = {} if isinstance(agent, ProviderError) else agent
    unknown = dict(_unknown(api.name, listed, identity))
    return {
        "datacenter": identity.datacenter or None,
        "version": info.version,
        "edition": info.facts.get("edition", "community"),
        "default_intention": default_intention(known, info.version, ""),
        "gateway": True,
        "services": [],
        "config_entries": _entries(api.name, listed, live),
        **({"unknown": unknown} if unknown else {}),
    }


def _entries(cluster: str, lists: Lists, live: Mapping[Address, Body]) -> list[Item]:
    """Return the entries of the lists, and those of `live` that are in none."""
    found = {
        key_of(one): shown_entry(one)
        for listed in lists.values()
        if isinstance(listed, Entries)
        for one in listed.by_name.values()
    }
    for address, body in live.items():
        if address.cluster == cluster and address.type not in (PEERING, *NOT_IN_WORLDS):
            found.setdefault(key_at(address), entry(address, body))
    return list(found.values())


def _unknown(cluster: str, lists: Lists, identity: Identity) -> Iterator[tuple[str, str]]:
    """Yield the kinds that access rests on and that are not, or not all, known."""
    for kind in KINDS:
        found = lists.get(ListKey(cluster, kind, None, None))
        if found is None:
            yield kind, "not read in this run"
        elif isinstance(found, ProviderError):
            if not certainly_absent(found, identity, kind):
                yield kind, found.message
        elif found.filtered:
            yield kind, f"{cluster} lists {kind} only in part: its token may not read all of them"
