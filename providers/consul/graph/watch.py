"""The chains that intentions hang on: servers try all of them at every write of a chain's entry.

They are kept put together, and tried again only where something in them changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from providers.consul.graph.body import CHAIN_KINDS, HTTP_LIKE, INTENTIONS, has_permissions
from providers.consul.graph.chain import Chain, Refused
from providers.consul.graph.exported import unsafe
from providers.consul.graph.holdings import Holdings, Reader, Shelf
from providers.consul.graph.where import Key, Place, Servers
from providers.consul.names import folded

Spot = tuple[Place, str]  # where intentions are, and their destination in lower case


@dataclass(frozen=True, slots=True)
class Broken:
    """Intentions whose chain no write would be taken over: why, or why not once it is exported."""

    name: str
    refused: str
    unsafe: str
    read: frozenset[Key]


@dataclass(slots=True)
class Watch:
    """What hangs on what."""

    holdings: Holdings
    hanging: dict[Key, set[Spot]] = field(default_factory=dict)
    keys: dict[Spot, frozenset[Key]] = field(default_factory=dict)
    broken: dict[Place, dict[str, Broken]] = field(default_factory=dict)
    stale: set[Spot] = field(default_factory=set)

    def touch(self, key: Key) -> None:
        """Something was put at a key."""
        self.stale.update(self.hanging.get(key, ()))
        chained = key.kind in CHAIN_KINDS and key.name in self.holdings.shelf(key.place).of(INTENTIONS)
        if key.kind == INTENTIONS or chained:
            self.stale.add((key.place, key.name))

    def refresh(self, place: Place, servers: Servers) -> None:
        """Try again what changed."""
        for spot in [spot for spot in self.stale if spot[0].home == place.home]:
            self.stale.discard(spot)
            self._try(spot, servers)

    def at(self, key: Key) -> set[str]:
        """The intentions of a key's own place in whose chain the key is."""
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
        reader = Reader(self.holdings, place, not servers.enterprise)
        refused = against = ""
        try:
            chain = Chain(reader, name)
            refused = refusal_of_rules(name, shelf, chain)
            against = unsafe(name, chain.parts, servers)
            reader.read.update(chain.needs)
        except Refused as error:
            refused = str(error)
        self.keys[spot] = frozenset(reader.read)
        for key in reader.read:
            self.hanging.setdefault(key, set()).add(spot)
        if refused or against:
            read = frozenset({*reader.read, Key(place, INTENTIONS, low)})
            self.broken[place][low] = Broken(name, refused, against, read)


def matters(shelf: Shelf, low: str) -> bool:
    """Whether intentions stand that a chain could be at odds with, or whose chain could break."""
    body = shelf.of(INTENTIONS).get(low)
    return body is not None and (shelf.has_chain(low) or has_permissions(body))


def refusal_of_rules(name: str, shelf: Shelf, chain: Chain) -> str:
    """Why intentions that stand do not go with a chain; empty where they do."""
    body = shelf.of(INTENTIONS).get(folded(name))
    if body is None or name == "*" or not has_permissions(body):
        return ""
    protocol = chain.protocol
    if protocol in HTTP_LIKE:
        return ""
    return f'service "{name}" has protocol "{protocol}", which is incompatible with L7 intentions permissions'
