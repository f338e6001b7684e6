"""What a write breaks in other partitions and namespaces, where servers do not look when they take it.

They look at the chains of its own place only. A chain of another place that leads here may break, and while
intentions depend on a broken chain, servers refuse writes in that place.
"""

from __future__ import annotations

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import INTENTIONS
from reconciler_consul.graph.chains.cache import Spot, tried
from reconciler_consul.graph.chains.watch import Watch, refusal_of_rules
from reconciler_consul.graph.where import Key, Place, Servers


def spoiled(watch: Watch, servers: Servers, key: Key, body: Body | None) -> set[Place]:
    """Return the other places in which a chain would break that is not broken yet."""
    if not servers.enterprise:
        return set()
    spots = [spot for spot in watch.hanging.get(key, ()) if spot[0] != key.place]
    if not spots:
        return set()
    watch.refresh(key.place, servers)
    whole = [spot for spot in spots if spot[1] not in watch.broken.get(spot[0], {})]
    with watch.holdings.over(key, body):
        return {spot[0] for spot in whole if _is_broken(watch, spot)}


def _is_broken(watch: Watch, spot: Spot) -> bool:
    place, low = spot
    shelf = watch.holdings.shelf(place)
    name = shelf.name(INTENTIONS, low)
    found = tried(watch.holdings, place, name, alone=False)
    return bool(found.refused or refusal_of_rules(name, shelf, found.protocol))
