"""The edges of an order that was found: which steps must keep it.

A run does as much at once as it can. Two steps keep their order where one rests on what the other changes:
then every run sees what the search saw, regardless of what else happens at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from reconciler.engine.order.task import Needs, Taken
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass

Key = tuple[Address, bool]  # an object's change, or (True) the interim step before it


@dataclass(slots=True)
class Waits:
    """What one step waits for: changes of other objects, and interim steps of other objects."""

    changes: set[Address] = field(default_factory=set)
    interims: set[Address] = field(default_factory=set)

    def add(self, key: Key) -> None:
        """Wait for a step."""
        (self.interims if key[1] else self.changes).add(key[0])


def trail(steps: Sequence[Taken], *needs: Needs) -> dict[Key, Waits]:
    """Return what each step of an order waits for, its object's own interim step left out.

    `needs` are objects whose last step before it each change waits for, even where servers would take it
    earlier: a change that was refused until they changed would break what is written in between.
    """
    tracks = _Tracks()
    for step in steps:
        tracks.follow(step)
        if not step.interim:
            tracks.guard(step, {other for some in needs for other in some.get(step.address, ())})
    return tracks.waits


class _Tracks:
    """The last step that wrote each object, and the steps that looked at it since."""

    def __init__(self) -> None:
        self.waits: dict[Key, Waits] = {}
        self.last: dict[Address, Key] = {}
        self.readers: dict[Address, list[Key]] = {}

    def follow(self, step: Taken) -> None:
        key = (step.address, step.interim)
        waits = self.waits[key] = Waits()
        for other in step.reads:
            if other in self.last:
                waits.add(self.last[other])
            self.readers.setdefault(other, []).append(key)
        for reader in self.readers.pop(step.address, ()):
            if reader[0] != step.address:
                waits.add(reader)
        self.last[step.address] = key

    def guard(self, step: Taken, others: set[Address]) -> None:
        waits = self.waits[step.address, False]
        for other in others & self.last.keys() - {step.address}:
            waits.add(self.last[other])
