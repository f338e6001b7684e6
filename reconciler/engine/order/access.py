"""Closing access goes before opening it: which changes wait for which because of who may call whom.

Between two changes that are safe together there may be a moment that is not: a deny taken away before the
export that it guards. So a change that may open access for some callers waits for all that close it for them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import field

from reconciler.engine.order.board import Board
from reconciler.model.change import Change
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import ANY, NO_ACCESS, Access, Reach, Write
from reconciler.sdk.provider import Body


@dataclass(slots=True)
class Reaches:
    """An index of objects by the access that they are about."""

    found: dict[str, dict[str, dict[str, list[Address]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, accesses: Mapping[Address, Access]) -> Reaches:
        """Return the index of what closes access."""
        return cls._made((reach, address) for address, access in accesses.items() for reach in access.closes)

    @classmethod
    def opening(cls, accesses: Mapping[Address, Access]) -> Reaches:
        """Return the index of what opens access."""
        return cls._made((reach, address) for address, access in accesses.items() for reach in access.opens)

    @classmethod
    def _made(cls, found: Iterable[tuple[Reach, Address]]) -> Reaches:
        made = cls()
        for reach, address in found:
            made._add(reach, address)
        return made

    def _add(self, reach: Reach, address: Address) -> None:
        peers = self.found.setdefault(reach.cluster, {}).setdefault(reach.service, {})
        peers.setdefault(reach.peer, []).append(address)

    def meeting(self, reach: Reach) -> set[Address]:
        """Return the objects whose access shares callers and service with this one."""
        services = self.found.get(reach.cluster, {})
        out: set[Address] = set()
        for name in services if reach.service == ANY else {reach.service, ANY}:
            peers = services.get(name, {})
            for peer in peers if reach.peer == ANY else {reach.peer, ANY}:
                out.update(peers.get(peer, ()))
        return out

    def met(self, reaches: Iterable[Reach]) -> set[Address]:
        """Return the objects that are about any of these."""
        return {address for reach in reaches for address in self.meeting(reach)}


def accesses(changes: Iterable[Change], board: Board) -> dict[Address, Access]:
    """Return what each change may do to access, on what exists before all of them, in any order."""
    found = board.accesses([Write(change.address, change.after) for change in changes])
    return {address: access for address, access in found.items() if access.closes or access.opens}


@dataclass(frozen=True, slots=True)
class OneSided:
    """The changes that are known to open access only, and those that are known to close it only."""

    opening: frozenset[Address] = frozenset()
    closing: frozenset[Address] = frozenset()

    @classmethod
    def of(cls, changes: Collection[Change], board: Board) -> OneSided:
        """Return those of these changes."""
        found = accesses(changes, board)
        opening = (address for address, access in found.items() if not access.closes)
        closing = (address for address, access in found.items() if not access.opens)
        return cls(frozenset(opening), frozenset(closing))


@dataclass(frozen=True, slots=True)
class Guards:
    """Which changes close access before which open it."""

    found: Mapping[Address, Access]
    board: Board
    index: Reaches
    openers: Reaches

    @classmethod
    def of(cls, found: Mapping[Address, Access], board: Board) -> Guards:
        """Return the guards of those changes that close or open access."""
        return cls(found, board, Reaches.of(found), Reaches.opening(found))

    def closers(self) -> dict[Address, set[Address]]:
        """Return for each change that opens, the changes that close access for any of the same callers."""
        out = {}
        for address, access in self.found.items():
            before = self.index.met(access.opens) - {address}
            if before:
                out[address] = before
        return out

    def idle(self, address: Address, body: Body | None) -> set[Address]:
        """Return the closing changes that this one need not wait for: done now, it opens nothing that they
        close, or none of the callers that both are about gets as far as the service after it.
        """
        access, mark = self.found.get(address, NO_ACCESS), self.board.mark()
        now = self.index.met(self.board.access(address, body).opens)
        self.board.put(address, body)
        arriving = {reach for reach in access.opens if self.board.arrives(reach)}
        self.board.back_to(mark)
        return self.index.met(access.opens) - (now & self.index.met(arriving))


def closing_again(
    board: Board, address: Address, after: Body | None, returning: Mapping[Address, Body | None]
) -> set[Address]:
    """Return those of the objects that are to come back which close access that this change would open now.

    A resolver without its redirect, say: its name leads to the service itself until the redirect is there
    again, and an export of that name waits for it.

    `returning` has the bodies with which they come back. The board is left as it was.
    """
    opens = board.access(address, after).opens if returning else frozenset()
    if not opens:
        return set()
    mark = board.mark()
    board.put(address, after)
    back = {other: board.access(other, body) for other, body in returning.items() if other != address}
    board.back_to(mark)
    return Reaches.of(back).met(opens)
