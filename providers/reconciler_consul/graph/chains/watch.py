"""The chains that intentions depend on: servers compile all of them at every write of a chain's entry.

They are kept put together, and tried again only where something in them changed.
"""

from __future__ import annotations

from dataclasses import field

from reconciler.sdk.dataclass import dataclass
from reconciler_consul.graph.body import CHAIN_KINDS, HTTP_LIKE, INTENTIONS, has_permissions
from reconciler_consul.graph.chains.cache import Chains, Spot
from reconciler_consul.graph.chains.exported import unsafe
from reconciler_consul.graph.holdings import Holdings, Shelf
from reconciler_consul.graph.plain import hangs_on, is_plain
from reconciler_consul.graph.where import Key, Place, Servers
from reconciler_consul.kinds.names import folded


@dataclass(frozen=True, slots=True)
class Broken:
    """Intentions whose chain no write would be taken over: why, or why not once it is exported."""

    name: str
    refused: str
    unsafe: str
    read: frozenset[Key]


@dataclass(slots=True)
class Watch:
    """Which chains each entry is a part of, and which intentions depend on them."""

    holdings: Holdings
    chains: Chains
    hanging: dict[Key, set[Spot]] = field(default_factory=dict)
    keys: dict[Spot, frozenset[Key]] = field(default_factory=dict)
    broken: dict[Place, dict[str, Broken]] = field(default_factory=dict)
    stale: set[Spot] = field(default_factory=set)

    def touch(self, key: Key) -> None:
        """Mark what depends on a key as stale: its entry changed."""
        self.stale.update(self.hanging.get(key, ()))
        chained = key.kind in CHAIN_KINDS and key.name in self.holdings.shelf(key.place).of(INTENTIONS)
        if key.kind == INTENTIONS or chained:
            self.stale.add((key.place, key.name))

    def refresh(self, place: Place, servers: Servers) -> None:
        """Try again what changed."""
        if not self.stale:
            return
        stale, self.stale = self.stale, set()
        for spot in stale:
            if spot[0].home == place.home:
                self._try(spot, servers)
            else:
                self.stale.add(spot)

    def at(self, key: Key) -> set[str]:
        """Return the intentions of a key's own place whose chain contains the key."""
        return {name for place, name in self.hanging.get(key, ()) if place == key.place}

    def _try(self, spot: Spot, servers: Servers) -> None:
        place, low = spot
        shelf = self.holdings.shelf(place)
        self.broken.setdefault(place, {}).pop(low, None)
        for key in self.keys.pop(spot, ()):
            self.hanging[key].discard(spot)
        name = shelf.name(INTENTIONS, low)
        if not matters(shelf, low):
            return
        if low not in shelf.ruled and is_plain(shelf, low):
            self._hang(spot, hangs_on(place, low))
            return
        found = self.chains.of(place, name, alone=not servers.enterprise)
        refused = found.refused or refusal_of_rules(name, shelf, found.protocol)
        against = unsafe(name, found.chain.parts, servers) if found.chain is not None else ""
        read = found.read | found.needs
        self._hang(spot, read)
        if refused or against:
            read |= {Key(place, INTENTIONS, low)}
            self.broken[place][low] = Broken(name, refused, against, read)

    def _hang(self, spot: Spot, keys: frozenset[Key]) -> None:
        self.keys[spot] = keys
        for key in keys:
            self.hanging.setdefault(key, set()).add(spot)


def matters(shelf: Shelf, low: str) -> bool:
    """Say whether intentions exist that a chain could conflict with, or whose chain could break."""
    body = shelf.of(INTENTIONS).get(low)
    return body is not None and (shelf.has_chain(low) or has_permissions(body))


def refusal_of_rules(name: str, shelf: Shelf, protocol: str) -> str:
    """Return why existing intentions do not fit a chain of this protocol; empty where they do."""
    body = shelf.of(INTENTIONS).get(folded(name))
    if body is None or name == "*" or not has_permissions(body):
        return ""
    if protocol in HTTP_LIKE:
        return ""
    return f'service "{name}" has protocol "{protocol}", which is incompatible with L7 intentions permissions'
