"""A world with objects written into it, or taken out of it. Pure: the world that is given stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.kinds.spelling import documented
from reconciler_consul.worlds.form import NAMED, Cluster, Item, unknown_cluster
from reconciler_consul.worlds.named import with_named
from reconciler_consul.worlds.written import (
    NOT_IN_WORLDS,
    PEERING,
    entry,
    key_at,
    key_of,
    names_of,
    peering,
)

Changes = Mapping[Address, Body | None]


def changed(world: World, bodies: Changes) -> dict[str, Any]:
    """Return the world with these objects written (`None`: removed). A peering that is written is taken to
    work. Where services that are named are taken to run (`NAMED`), those that the objects name do.
    """
    made = {**world, "clusters": _clusters(world, bodies), "peerings": list(_peerings(world, bodies))}
    if world.get(NAMED) is not True:
        return made
    written = [
        (address.cluster, entry(address, body))
        for address, body in bodies.items()
        if body is not None and address.type not in (PEERING, *NOT_IN_WORLDS)
    ]
    return with_named(made, written)


def body(world: World, address: Address) -> Body | None:
    """Return an object as a world has it; `None` where it has none at that address."""
    if address.type == PEERING:
        found = _replaced(list(world.get("peerings") or ()), address, None)
        return found[0] if found else None
    cluster = (world.get("clusters") or {}).get(address.cluster) or {}
    key = key_at(address)
    entries = cluster.get("config_entries") or ()
    return next((documented(item) for item in entries if key_of(item) == key), None)


def _clusters(world: World, bodies: Changes) -> dict[str, Cluster]:
    by_cluster: dict[str, dict[Address, Body | None]] = {}
    for address, body in bodies.items():
        if address.type not in (PEERING, *NOT_IN_WORLDS):
            by_cluster.setdefault(address.cluster, {})[address] = body
    clusters = dict(world.get("clusters") or {})
    for name, written in by_cluster.items():
        cluster = clusters.get(name) or unknown_cluster()
        entries = _entries(cluster.get("config_entries") or (), written)
        clusters[name] = {**cluster, "config_entries": entries}
    for name in _ends(bodies):
        clusters.setdefault(name, unknown_cluster())
    return clusters


def _entries(there: Iterable[Item], written: Changes) -> list[Item]:
    """Return the entries of a cluster: each in its place, new ones behind the others."""
    found = {key_of(item): item for item in there}
    for address, body in written.items():
        if body is None:
            found.pop(key_at(address), None)
        else:
            found[key_at(address)] = entry(address, body)
    return list(found.values())


def _ends(bodies: Changes) -> Iterator[str]:
    for address, body in bodies.items():
        if address.type == PEERING and body is not None:
            item = peering(address, body)
            yield from (item["acceptor"], item["dialer"])


def _peerings(world: World, bodies: Changes) -> Iterator[Item]:
    """Yield the peerings that stay, then those that are written."""
    there = list(world.get("peerings") or ())
    touched = {address: body for address, body in bodies.items() if address.type == PEERING}
    gone = {id(item) for address, body in touched.items() for item in _replaced(there, address, body)}
    yield from (item for item in there if id(item) not in gone)
    yield from (peering(address, body) for address, body in touched.items() if body is not None)


def _replaced(there: Iterable[Item], address: Address, body: Body | None) -> list[Item]:
    """Return what is at an address: the one peering of these clusters; of several, the one of that name."""
    ends = {address.cluster, address.name}
    found = [item for item in there if {item.get("acceptor"), item.get("dialer")} == ends]
    if len(found) < 2:
        return found
    names = names_of(peering(address, body or {}))
    return [item for item in found if names_of(item) == names]
