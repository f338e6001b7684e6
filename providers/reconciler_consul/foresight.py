"""What exists on the servers, as far as it matters to the writes of a plan: `reconciler.sdk.foresight`.

A write that nothing else can bear on costs no request. Lists that the last read brought are used; those that
are missing are asked for, one request for a kind, only where a write there is judged by them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.sdk.address import Address
from reconciler.sdk.errors import ProviderError
from reconciler.sdk.foresight import Write
from reconciler.sdk.provider import Body
from reconciler.sdk.scope import DEFAULT, unscoped
from reconciler_consul.foresight_further import further
from reconciler_consul.foresight_needs import needed
from reconciler_consul.graph import Graph, Servers
from reconciler_consul.kinds.names import entry_address
from reconciler_consul.reading import Lists
from reconciler_consul.server.absence import certainly_absent
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.listing import Entries, KeptLists, ListKey, entry_name, lists_at
from reconciler_consul.server.values import Identity

_NUMBERS = re.compile(r"v?1\.(\d+)")
_NEWEST = 22  # what an unknown version is taken for
_OF_SERVERS = frozenset({"Kind", "Name", "Namespace", "Partition", "CreateIndex", "ModifyIndex", "Hash"})


async def foresee(
    apis: Mapping[str, ConsulApi], lists: KeptLists, live: Mapping[Address, Body], writes: Sequence[Write]
) -> Graph | None:
    """Return what exists on the servers, with `lists` as they were last read; `None` where no write is judged
    by other objects.
    """
    wanted = needed(live, writes, lists)
    if wanted is None:
        return None
    addresses = (*live, *(write.address for write in writes))
    known = await identities(apis, sorted(_clusters(addresses)))
    places = {shown_place(place, known[place.cluster]) for place in wanted if place.cluster in known}
    sites = {name: servers(one, apis[name].cluster.default_intention) for name, one in known.items()}
    found = await lists_at(apis, lists, sorted(places, key=repr))
    while more := further(found, writes, sites):
        found |= await lists_at(apis, lists, sorted(more, key=repr))
    unsure = {place.cluster for place, listed in found.items() if is_partial(listed, known, place)}
    graph = Graph(sites, frozenset(unsure), (*live, *(write.address for write in writes)))
    for address, body in foreign(found, live):
        graph.put(Write(address, body))
    for address, body in live.items():
        if graph.knows(address):
            graph.put(Write(address, body))
    return graph


def _clusters(addresses: Iterable[Address]) -> set[str]:
    """Return the clusters of these objects: a peering has a row, and so a name, at both of its ends."""
    return {
        name
        for address in addresses
        for name in (address.cluster, *((address.name,) if address.type == "peering" else ()))
    }


def servers(identity: Identity, declared: str | None = None) -> Servers:
    """Return the servers of an identified cluster; its default intention is as `declared` where the cluster
    does not say it. The primary of a federation keeps the entries.
    """
    info = identity.info
    number = _NUMBERS.match(info.version)
    home = f"{identity.trust_domain}/{identity.primary or identity.datacenter}"
    return Servers(
        home if identity.trust_domain else info.name,
        int(number[1]) if number else _NEWEST,
        info.facts.get("edition") == "enterprise",
        identity.partition or DEFAULT,
        identity.datacenter,
        info.default_intention or declared,
    )


async def identities(apis: Mapping[str, ConsulApi], clusters: Iterable[str]) -> dict[str, Identity]:
    """Return who these clusters are, as far as they answer."""
    names = [name for name in clusters if name in apis]
    found = await asyncio.gather(*(apis[name].identity() for name in names), return_exceptions=True)
    return {name: one for name, one in zip(names, found, strict=True) if isinstance(one, Identity)}


def shown_place(place: ListKey, identity: Identity) -> ListKey:
    """Return a place as addresses show it: with the cluster's own partition, where that is not `default`."""
    own = identity.partition if identity.partition != DEFAULT else ""
    return place if place.partition or not own else replace(place, partition=own)


def is_partial(listed: Entries | ProviderError, known: Mapping[str, Identity], place: ListKey) -> bool:
    """Say whether there may be more in a list than was read."""
    if isinstance(listed, ProviderError):
        return not certainly_absent(listed, known[place.cluster], place.kind)
    return listed.filtered


def foreign(found: Lists, live: Mapping[Address, Body]) -> Iterator[tuple[Address, Body]]:
    """Yield the unmanaged entries of these lists, without the fields that the servers set."""
    ours = {(ListKey.of(address), address.name.lower()) for address in live if address.type != "peering"}
    for place, listed in found.items():
        for entry in listed.by_name.values() if isinstance(listed, Entries) else ():
            name = entry_name(entry)
            address = entry_address((place.kind, name), place.cluster, place.partition, place.namespace)
            if (place, address.name.lower()) not in ours:
                body = unscoped(entry, address)
                yield address, {field: value for field, value in body.items() if field not in _OF_SERVERS}
