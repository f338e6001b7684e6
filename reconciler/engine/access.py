"""Closing access goes before opening it: which changes wait for which because of who may call whom.

Between two changes that are safe together there may be a moment that is not: a deny taken away before the
export that it guards. So whatever may open access for some callers waits for whatever closes it for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.engine.board import Board
from reconciler.model.change import Change
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import ANY, NO_ACCESS, Access, Reach, Write


@dataclass(slots=True)
class Reaches:
    """An index of objects by the access that they are about."""

    found: dict[str, dict[str, dict[str, list[Address]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, accesses: Mapping[Address, Access]) -> Reaches:
        """The index of what closes access."""
        made = cls()
        for address, access in accesses.items():
            for reach in access.closes:
                made._add(reach, address)
        return made

    def _add(self, reach: Reach, address: Address) -> None:
        peers = self.found.setdefault(reach.cluster, {}).setdefault(reach.service, {})
        peers.setdefault(reach.peer, []).append(address)

    def meeting(self, reach: Reach) -> set[Address]:
        """The objects that are about access which this one shares callers and service with."""
        services = self.found.get(reach.cluster, {})
        out: set[Address] = set()
        for name in services if reach.service == ANY else {reach.service, ANY}:
            peers = services.get(name, {})
            for peer in peers if reach.peer == ANY else {reach.peer, ANY}:
                out.update(peers.get(peer, ()))
        return out


def accesses(changes: Iterable[Change], board: Board) -> dict[Address, Access]:
    """What each change does to access, on what stands before all of them."""
    out = {}
    for change in changes:
        standing = board.of(change.address)
        found = standing.access(Write(change.address, change.after)) if standing is not None else NO_ACCESS
        if found.closes or found.opens:
            out[change.address] = found
    return out


def closers(found: Mapping[Address, Access]) -> dict[Address, set[Address]]:
    """For each change that opens, the changes that close access for any of the same callers."""
    index = Reaches.of(found)
    out = {}
    for address, access in found.items():
        before = {other for reach in access.opens for other in index.meeting(reach)} - {address}
        if before:
            out[address] = before
    return out
