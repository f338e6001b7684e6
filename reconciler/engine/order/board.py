"""The board that an order is tried out on: what servers would hold, with a way back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import NO_ACCESS, Access, Reach, Standing, Verdict, Write
from reconciler.sdk.provider import Body

_TAKEN = Verdict()


class Board:
    """The standings of all providers of a run as one, and every write that was put on them."""

    def __init__(self, standings: Mapping[str, Standing], providers: Mapping[Address, str]) -> None:
        self.standings = standings
        self.providers = providers
        self._log: list[tuple[Address, Body | None]] = []

    def of(self, address: Address) -> Standing | None:
        """Return what judges writes to this object; `None` where nothing does."""
        standing = self.standings.get(self.providers.get(address, ""))
        return standing if standing is not None and standing.knows(address) else None

    def body(self, address: Address) -> Body | None:
        """Return what would exist there now, or `None`."""
        standing = self.of(address)
        return standing.body(address) if standing is not None else None

    def judge(self, address: Address, body: Body | None) -> Verdict:
        """Return what the servers would say to this body now."""
        standing = self.of(address)
        return standing.judge(Write(address, body)) if standing is not None else _TAKEN

    def touched(self, address: Address, body: Body | None) -> frozenset[Address]:
        """Return the objects that this body matters to, and those that the present one matters to: another
        write to any of them may be accepted before this one and not after it, or the other way round.
        """
        return self.judge(address, body).reads | self.judge(address, self.body(address)).reads

    def access(self, address: Address, body: Body | None) -> Access:
        """Return whose access this body would change now."""
        standing = self.of(address)
        return standing.access(Write(address, body)) if standing is not None else NO_ACCESS

    def accesses(self, writes: Sequence[Write]) -> dict[Address, Access]:
        """Return whose access each of these writes may change, in any order."""
        out: dict[Address, Access] = {}
        for provider, standing in self.standings.items():
            mine = [write for write in writes if self.providers.get(write.address, "") == provider]
            out.update(standing.accesses(mine))
        return out

    def arrives(self, reach: Reach) -> bool:
        """Say whether such callers get as far as the service now, as far as is known."""
        return not self.standings or any(standing.arrives(reach) for standing in self.standings.values())

    def broken(self, near: Collection[Address]) -> dict[str, str]:
        """Return what does not work now, connected with any of these objects: what it is, and why."""
        out: dict[str, str] = {}
        for standing in self.standings.values():
            out.update(standing.broken(near))
        return out

    def put(self, address: Address, body: Body | None) -> None:
        """Put this body on the board."""
        standing = self.of(address)
        if standing is not None:
            self._log.append((address, standing.body(address)))
            standing.put(Write(address, body))

    def mark(self) -> int:
        """Return a point to come back to."""
        return len(self._log)

    def back_to(self, mark: int) -> None:
        """Take back everything that was put since the mark."""
        while len(self._log) > mark:
            address, body = self._log.pop()
            standing = self.of(address)
            assert standing is not None
            standing.put(Write(address, body))
