"""Where chains lead on to: other partitions and namespaces, whose lists are needed, too. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.foresight import Write
from reconciler.sdk.provider import Body
from reconciler_consul.graph import Servers
from reconciler_consul.graph.body import CHAIN_KINDS, OF_CHAINS, elsewhere
from reconciler_consul.reading import Lists
from reconciler_consul.server.listing import Entries, ListKey

_DEFAULT = "default"
_Spot = tuple[str, str, str, str]  # home, partition, namespace, kind


def further(found: Lists, writes: Sequence[Write], sites: Mapping[str, Servers]) -> set[ListKey]:
    """Return the lists of what a chain is put together from, where one of these entries leads there, and that
    are not among those found. `sites` are the servers of the clusters that are known."""
    covered = {_spot(place, sites[place.cluster]) for place in found if place.cluster in sites}
    out: dict[_Spot, ListKey] = {}
    for place, body in (*_written(writes), *_listed(found)):
        servers = sites.get(place.cluster)
        for at in _ahead(place, body) if servers is not None and servers.enterprise else ():
            out.setdefault(_spot(at, sites[at.cluster]), at)
    return {place for spot, place in out.items() if spot not in covered}


def _written(writes: Iterable[Write]) -> Iterator[tuple[ListKey, Body]]:
    for write in writes:
        if write.body is not None and write.address.type not in ("peering", "acl_policy"):
            yield ListKey.of(write.address), write.body


def _listed(found: Lists) -> Iterator[tuple[ListKey, Body]]:
    for place, listed in found.items():
        if place.kind in CHAIN_KINDS and isinstance(listed, Entries):
            yield from ((place, entry) for entry in listed.by_name.values())


def _ahead(place: ListKey, body: Body) -> Iterator[ListKey]:
    for partition, namespace in elsewhere(place.kind, body):
        for kind in OF_CHAINS:
            spaced = (namespace or place.namespace) if is_namespaced(kind) else None
            yield ListKey(place.cluster, kind, partition or place.partition, spaced)


def _spot(place: ListKey, servers: Servers) -> _Spot:
    return (servers.home, place.partition or servers.partition, place.namespace or _DEFAULT, place.kind)
