"""What a search for an order starts from, what it finds, and what earlier walks taught it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field

from reconciler.engine.order.board import Board
from reconciler.model.block import Block
from reconciler.model.change import Change
from reconciler.model.plan import TakeDown
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Interim, Reach
from reconciler.sdk.provider import Body

Needs = Mapping[Address, set[Address]]
Priority = tuple[int, ...] | tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be put in order.

    `pending` are the changes that write; `blocked` those that will not be done. `needs`: done before, always.
    `closers`: those that close access before this one opens it; their closing part is enough. `movable` are
    the objects that an interim step may touch, as they are to be in the end.
    `idle` gives the closers that a change to a body need not wait for as the board is; `judged` says of which
    objects the servers themselves decide what may go before what; `closing` are the changes that close access
    for any of these callers, and `opening` those that open it.
    """

    board: Board
    pending: Mapping[Address, Change]
    blocked: frozenset[Address]
    needs: Needs
    closers: Needs
    movable: Mapping[Address, Change]
    priority: Callable[[Address], Priority]
    take_down: TakeDown = TakeDown.ALWAYS
    idle: Callable[[Address, Body | None], set[Address]] = lambda address, body: set()
    judged: Callable[[Address], bool] = lambda address: False
    closing: Callable[[Iterable[Reach]], set[Address]] = lambda reaches: set()
    opening: Callable[[Iterable[Reach]], set[Address]] = lambda reaches: set()


@dataclass(frozen=True, slots=True)
class Taken:
    """One step of the order found: the change of an object, or the interim step before it."""

    address: Address
    interim: bool
    reads: frozenset[Address]


@dataclass(frozen=True, slots=True)
class Detour:
    """An interim step that was chosen: its interim body, and the write that it makes room for."""

    interim: Interim
    body: Body | None
    goal: Address
    because: str


@dataclass(slots=True)
class Route:
    """What was found: steps in order, interim steps by object, and why the rest cannot be done."""

    steps: list[Taken] = field(default_factory=list)
    detours: dict[Address, Detour] = field(default_factory=dict)
    stuck: dict[Address, Block] = field(default_factory=dict)
    unguarded: dict[Address, set[Address]] = field(default_factory=dict)
    behind: dict[Address, set[Address]] = field(default_factory=dict)  # what comes back, and closes, first
    freed: dict[Address, set[Address]] = field(default_factory=dict)  # what had to change: it was refused


@dataclass(frozen=True, slots=True)
class Lessons:
    """What earlier walks taught: changes that must be `held` back until nothing else can be done, those that
    cannot be done, with why (room could be made for them, and could not be closed again), the objects whose
    interim step must be a `strong` one, and those that must be taken down as a `whole`."""

    held: frozenset[Address] = frozenset()
    given_up: Mapping[Address, Block] = field(default_factory=dict)
    strong: frozenset[Address] = frozenset()
    whole: frozenset[Address] = frozenset()

    def with_more(self, again: Again) -> Lessons:
        """Return these lessons, and those of one more walk."""
        held, strong, whole = self.held | again.held, self.strong | again.strong, self.whole | again.whole
        return Lessons(held, self.given_up, strong, whole)


class Again(Exception):
    """The walk must begin again: some changes were made too early and must be `held` back, or the interim
    step of some objects was too weak, and must be a `strong` one, or take them down as a `whole`."""

    def __init__(
        self,
        held: frozenset[Address],
        strong: frozenset[Address] = frozenset(),
        whole: frozenset[Address] = frozenset(),
    ) -> None:
        super().__init__("begin again")
        self.held, self.strong, self.whole = held, strong, whole
