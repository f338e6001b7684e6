"""The chains that a write breaks or mends although servers do not look at them when they take it.

They look one step up, and in the place of the written entry. What leads to it further on, or from another
partition or namespace, may break: then they refuse the next write to anything in that chain, and to what it
names directly.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import CHAIN_KINDS, EVERYWHERE, OF_CHAINS, related
from reconciler_consul.graph.chains.cache import Chains, tried
from reconciler_consul.graph.chains.near import all_leading_to, spelled
from reconciler_consul.graph.holdings import Holdings, Shelf
from reconciler_consul.graph.where import Key, Place, Servers
from reconciler_consul.kinds.names import folded

Spots = set[tuple[Place, str]]


def far(holdings: Holdings, chains: Chains, servers: Servers, key: Key, body: Body | None) -> Spots:
    """Return the services, with the names in lower case, to which servers judge writes in another way after
    this one: those whose chain it breaks or mends, and those that such a chain names.
    """
    alone = not servers.enterprise
    standing = {spot: chains.of(*spot, alone=alone) for spot in _away(holdings, servers, key)}
    near = {spot: found for spot, found in standing.items() if found.has(key)}
    if not near:
        return set()
    with holdings.over(key, body):
        after = {spot: tried(holdings, *spot, alone=alone) for spot in near}
    turned = {spot for spot, found in near.items() if bool(found.refused) != bool(after[spot].refused)}
    return {found for place, name in turned for found in _judged_by(holdings.shelf(place), place, name)}


def rests_on(other: Key, spots: Spots) -> bool:
    """Say whether servers look at the chain of one of these services when they judge a write."""
    if other.kind == EVERYWHERE:
        return any(place.wide == other.place for place, _ in spots)
    return other.kind in OF_CHAINS and (other.place, other.name) in spots


def _away(holdings: Holdings, servers: Servers, key: Key) -> Iterator[tuple[Place, str]]:
    """Yield the services that lead to what is written, where servers do not look."""
    if key.kind not in OF_CHAINS:
        return
    shelf = holdings.shelf(key.place)
    if key.kind != EVERYWHERE:
        near = {key.name, *(name for _, name in shelf.referring.get(key.name, ()))}
        yield from ((key.place, spelled(shelf, low)) for low in all_leading_to(shelf, key.name) - near)
    for place, shelf in holdings.shelves.items() if servers.enterprise else ():
        if place.home != key.place.home or place == key.place:
            continue
        if key.kind != EVERYWHERE:
            yield from ((place, spelled(shelf, low)) for low in all_leading_to(shelf, key.name))
        elif place.wide != key.place:
            yield from ((place, name) for name in shelf.chained())


def _judged_by(shelf: Shelf, place: Place, name: str) -> Iterator[tuple[Place, str]]:
    low = folded(name)
    yield place, low
    for kind in CHAIN_KINDS:
        named = related(kind, name, shelf.of(kind).get(low) or {})
        yield from ((place, folded(one)) for one in named)
