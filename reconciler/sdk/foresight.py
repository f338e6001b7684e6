"""What a provider offers besides where its servers judge a write by what else they hold: to say before a
write whether it would be taken, and which interim step would make room for one that is not.

Everything here is asked while a plan is made: pure, no I/O. A `Standing` is what the servers would hold by
then. The planner puts writes on it one after the other, takes some back, and so finds an order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Protocol, runtime_checkable

from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body

ANY = "*"


@dataclass(frozen=True, slots=True)
class Write:
    """One object as it is to be: the whole body, or `None` for an object that is to go."""

    address: Address
    body: Body | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the servers would say to a write.

    `refused` is why they would not take it, in their words (empty: they take it). `sure` is whether all that
    they look at is known; where it is not, nothing may be blocked for it. `reads` are the objects whose
    presence or content the answer rests on, absent ones included; not the written one itself.
    """

    refused: str = ""
    sure: bool = True
    reads: frozenset[Address] = frozenset()


class Way(Enum):
    """How an interim step makes room, the gentlest first."""

    WIDEN = "widen"  # the object serves what was and what comes: no caller loses anything
    NARROW = "narrow"  # the part that closes access goes first, the part that opens it follows
    TAKE_DOWN = "take-down"  # the object, or a part of it, goes and comes back


@dataclass(frozen=True, slots=True)
class Interim:
    """An interim step that an object could take before its own change.

    `remake` makes the interim body of (the body before, the body after), either `None` for absent, and gives
    `None` where the object is to be absent for a while; it is asked for whole bodies and for our parts of
    them alike. `meanwhile` says in one sentence what this does to traffic until the object's own change is
    done (empty: nothing). `opens` and `cuts` say whether callers reach more, or less, than before and after.
    """

    way: Way
    remake: Callable[[Body | None, Body | None], Body | None]
    meanwhile: str = ""
    opens: bool = False
    cuts: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """Callers that a write is about: those of `service`'s cluster that come from `peer` (the cluster's name
    for it; empty: local ones). `ANY` stands for every service, or for every peer and the local ones."""

    cluster: str
    service: str
    peer: str


@dataclass(frozen=True, slots=True)
class Access:
    """Whose access one write takes away (`closes`) and whose it may give (`opens`)."""

    closes: frozenset[Reach] = frozenset()
    opens: frozenset[Reach] = frozenset()


NO_ACCESS = Access()


class Standing(Protocol):
    """What the servers of a run would hold: all objects that are known, others' included."""

    def knows(self, address: Address) -> bool:
        """Say whether writes to this object are judged here. All others are taken without a check."""
        ...

    def body(self, address: Address) -> Body | None:
        """Return what would exist there now; `None` for nothing."""
        ...

    def judge(self, write: Write) -> Verdict:
        """Return what the servers would say to this write, on what would exist now. Changes nothing."""
        ...

    def put(self, write: Write) -> None:
        """Record this write as what exists from now on. Not judged: the planner also undoes writes in this
        way.
        """
        ...

    def interims(self, address: Address, after: Body | None, stuck: Sequence[Write]) -> Sequence[Interim]:
        """Return the interim steps that an object could take for writes that are refused now, the gentlest
        first. `after` is what the object is to be in the end. An empty list: there is none.
        """
        ...

    def access(self, write: Write) -> Access:
        """Return whose access this write would change, on what exists now."""
        ...

    def accesses(self, writes: Sequence[Write]) -> Mapping[Address, Access]:
        """Return whose access each of these writes may change on what exists now, in any order of all of
        them: also by what exists only in between.
        """
        ...

    def arrives(self, reach: Reach) -> bool:
        """Say whether such callers get as far as the service on what exists now, without regard to rules for
        them.
        """
        ...

    def broken(self, near: Iterable[Address]) -> Mapping[str, str]:
        """Return what does not work on what would exist now, connected with any of these objects: what it is
        (a name that stays the same from call to call), and why, in the servers' words.

        Servers take writes that break what they do not look at. What cannot be read is left out.
        """
        ...


@runtime_checkable
class Foresees(Protocol):
    """A provider whose servers judge writes by what else they hold, and that knows how."""

    async def foresee(self, live: Mapping[Address, Body], writes: Sequence[Write]) -> Standing | None:
        """Return what exists on the servers, as far as it matters to these writes; `None` where none of them
        is ever judged by anything else. `live` has the bodies that were read. What the provider has not
        read and needs, it reads: few requests for each cluster, or none. Raises nothing for what a server
        did or did not answer: then the verdicts are not `sure`.
        """
        ...
