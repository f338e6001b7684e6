"""Chains that were put together, kept for as long as nothing in them changes."""

from __future__ import annotations

from dataclasses import field

from reconciler.sdk.dataclass import dataclass
from reconciler_consul.graph.chains.compiler import Chain, Refused
from reconciler_consul.graph.holdings import Holdings, Reader
from reconciler_consul.graph.where import Key, Place

Spot = tuple[Place, str]


@dataclass(frozen=True, slots=True)
class Tried:
    """One service's chain, or why there cannot be one. It rests on `read`, and its protocol on `needs`."""

    service: str
    chain: Chain | None
    refused: str
    read: frozenset[Key]
    needs: frozenset[Key]

    def has(self, key: Key) -> bool:
        """Say whether an entry is part of it, or could be."""
        return key in self.read or key in self.needs

    @property
    def protocol(self) -> str:
        """The protocol; empty without a chain."""
        return self.chain.protocol if self.chain is not None else ""


def tried(holdings: Holdings, place: Place, service: str, *, alone: bool) -> Tried:
    """Compile a chain from what exists."""
    reader = Reader(holdings, place, alone)
    try:
        chain = Chain(reader, service)
    except Refused as refused:
        return Tried(service, None, str(refused), frozenset(reader.read), frozenset())
    return Tried(service, chain, "", frozenset(reader.read), frozenset(chain.needs))


@dataclass(slots=True)
class Chains:
    """The chains of what exists."""

    holdings: Holdings
    kept: dict[Spot, Tried] = field(default_factory=dict)
    hanging: dict[Key, set[Spot]] = field(default_factory=dict)

    def of(self, place: Place, service: str, *, alone: bool) -> Tried:
        """Return one chain. Do not call this while a write is tried out."""
        found = self.kept.get((place, service))
        if found is None:
            found = self.kept[place, service] = tried(self.holdings, place, service, alone=alone)
            for key in found.read | found.needs:
                self.hanging.setdefault(key, set()).add((place, service))
        return found

    def touch(self, key: Key) -> None:
        """Forget the chains that used a key: its entry changed."""
        for spot in self.hanging.pop(key, ()):
            self.kept.pop(spot, None)
