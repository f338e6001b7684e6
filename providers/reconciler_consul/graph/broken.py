"""What does not work as things are: chains, listeners of gateways, L7 intentions, exports.

Servers look one step up when they take a write, so they take some that break what is further away, and
then refuse every write near it that does not mend it at once (seen on 1.14, 1.16, 1.18, 1.20, 1.22).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler_consul.graph.body import EVERYWHERE, INGRESS, INTENTIONS, OF_CHAINS, listened
from reconciler_consul.graph.chains.cache import Chains, Tried
from reconciler_consul.graph.chains.exported import Exported, rules_of, unsafe
from reconciler_consul.graph.chains.near import all_leading_to, spelled
from reconciler_consul.graph.chains.watch import refusal_of_rules
from reconciler_consul.graph.holdings import Holdings, Shelf
from reconciler_consul.graph.listening import fits, mismatch
from reconciler_consul.graph.where import Key, Place, Servers
from reconciler_consul.kinds.names import folded

Found = Mapping[tuple[Place, str], str]  # why, by service


def broken(holdings: Holdings, chains: Chains, servers: Servers, keys: Iterable[Key]) -> Found:
    """Return why services do not work, in servers' words: of all in whose chain one of these entries is.

    `servers` are those that hold the entries.
    """
    found: dict[tuple[Place, str], str] = {}
    for place, name in sorted({near for key in keys for near in _near(holdings, servers, key)}):
        against = _against(holdings, chains, servers, place, name)
        if against:
            found[place, folded(name)] = against
    return found


def _near(holdings: Holdings, servers: Servers, key: Key) -> Iterator[tuple[Place, str]]:
    """Yield the services that an entry may affect, in all places of its servers that it is read from."""
    if key.kind not in (*OF_CHAINS, INTENTIONS, INGRESS):
        return
    for place, shelf in sorted(holdings.shelves.items(), key=lambda item: item[0]):
        if place == key.place or (servers.enterprise and place.home == key.place.home):
            yield from ((place, name) for name in _services(shelf, key, own=place == key.place))


def _services(shelf: Shelf, key: Key, *, own: bool) -> set[str]:
    if key.kind == EVERYWHERE:
        return {*shelf.chained(), *_listening(shelf, shelf.of(INGRESS)), *_ruled(shelf)}
    if key.kind == INGRESS:
        return _listening(shelf, {key.name}) if own else set()
    if key.kind == INTENTIONS:
        return _ruled(shelf) & {shelf.name(INTENTIONS, key.name)} if own else set()
    return {spelled(shelf, low) for low in all_leading_to(shelf, key.name)}


def _listening(shelf: Shelf, gateways: Iterable[str]) -> set[str]:
    return {name for low in gateways for _, name in listened(shelf.of(INGRESS).get(low) or {})}


def _ruled(shelf: Shelf) -> set[str]:
    return {shelf.name(INTENTIONS, low) for low in shelf.ruled}


def _against(holdings: Holdings, chains: Chains, servers: Servers, place: Place, name: str) -> str:
    shelf = holdings.shelf(place)
    found = chains.of(place, name, alone=not servers.enterprise)
    against = found.refused or refusal_of_rules(name, shelf, found.protocol) or _listeners(shelf, name, found)
    if against or found.chain is None:
        return against
    exports = Exported(shelf, rules_of(holdings, place, servers))
    return unsafe(name, found.chain.parts, servers) if exports.has(name) else ""


def _listeners(shelf: Shelf, name: str, found: Tried) -> str:
    for _, gateway in sorted(shelf.listening.get(folded(name), ())):
        for protocol, service in listened(shelf.of(INGRESS)[gateway]):
            if service == name and not fits(protocol, found):
                return mismatch(name, found.protocol, protocol)
    return ""
