"""Routing: the changes of a plan in the order in which their servers take them, with the interim steps.

Where no provider of the run knows how its servers judge writes, the order is that of the references alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from functools import cache

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.diff import diff
from reconciler.engine.order.access import Guards, accesses
from reconciler.engine.order.board import Board
from reconciler.engine.order.edges import sequence
from reconciler.engine.order.leaving import left_broken
from reconciler.engine.order.razing import route
from reconciler.engine.order.task import Detour, Route, Task
from reconciler.engine.order.trail import Waits, trail
from reconciler.model.block import Block
from reconciler.model.change import Action, Change, Interim, Reason
from reconciler.model.plan import TakeDown
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Access, Way
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import Body

Rank = Callable[[Address], int]


@dataclass(frozen=True, slots=True)
class Routing:
    """What an order is made from. `hard` are the edges from references that bind: see `order.edges`.

    `partial`: something of what is declared is left out, so what the changes lead to may not fit together.
    """

    changes: Mapping[Address, Change]
    recorded: Mapping[Address, Recorded]
    hard: Mapping[Address, tuple[Address, ...]]
    kind: Callable[[Address], Kind]
    board: Board
    take_down: TakeDown = TakeDown.ALWAYS
    partial: bool = False
    access: Mapping[Address, Access] = field(default_factory=dict)


def routed(routing: Routing) -> tuple[Change, ...]:
    """Return every action, numbered in order of execution, with its interim step and what each waits for.

    Raises `order.CycleError` where the references themselves form a cycle.
    """
    actions = {a: change for a, change in routing.changes.items() if change.is_action}
    sequence(routing.hard, lambda address: (0, *address.sort_key()))
    access = accesses(actions.values(), routing.board)
    routing = replace(routing, access=access)
    task = _task(routing, actions, Guards.of(access, routing.board))
    found = route(task)
    left = left_broken(task, found) if routing.partial or found.stuck else {}
    return routed(_without(routing, left)) if left else _Writer(routing, task, found).changes()


def _without(routing: Routing, left: Mapping[Address, Block]) -> Routing:
    """Return the same changes, of which some are blocked."""
    blocked = {a: replace(routing.changes[a], blocked=block) for a, block in left.items()}
    return replace(routing, changes={**routing.changes, **blocked})


def _task(routing: Routing, actions: Mapping[Address, Change], guards: Guards) -> Task:
    blocked = frozenset(a for a, change in actions.items() if change.blocked)
    movable = {a: c for a, c in routing.changes.items() if c.is_action or _is_kept(c)}
    closers = guards.closers()
    return Task(
        routing.board,
        {a: change for a, change in actions.items() if a not in blocked},
        blocked,
        _binding(routing, closers),
        closers,
        movable,
        cache(lambda address: _priority(routing, address)),
        routing.take_down,
        guards.idle,
        lambda address: routing.board.of(address) is not None and routing.kind(address).repeatable,
        guards.index.met,
        guards.openers.met,
    )


def _binding(routing: Routing, closers: Mapping[Address, set[Address]]) -> dict[Address, set[Address]]:
    """Return the references that bind. What closes access goes before what would open it, even where it
    refers to that: what denies a peer's callers may name the peer before it exists, or after it is gone.
    """
    known = routing.board.of
    return {
        address: {
            other
            for other in before
            if address not in closers.get(other, ()) or known(address) is None or known(other) is None
        }
        for address, before in routing.hard.items()
    }


def _is_kept(change: Change) -> bool:
    """Say whether the object needs no change and stays: it may be taken down for a while."""
    return change.action is Action.NO_OP and change.after is not None


def _priority(routing: Routing, address: Address) -> tuple[int | str, ...]:
    """Return the priority: what only closes access goes first, what only opens it last; among the rest,
    removals against the references and the others along them. Links keep their place: they are slow, and
    opened by exports.
    """
    access, kind = routing.access.get(address), routing.kind(address)
    if access is None or not kind.repeatable:
        when = 1
    else:
        when = 0 if not access.opens else 2 if not access.closes else 1
    change = routing.changes.get(address)
    removing = change is not None and change.action is Action.DELETE
    return (when, -kind.rank if removing else kind.rank, *address.sort_key())


class _Writer:
    """Writes an order that was found into the changes."""

    def __init__(self, routing: Routing, task: Task, route: Route) -> None:
        self.routing, self.task, self.route = routing, task, route
        self.waits = trail(route.steps, task.needs, task.closers, route.behind, route.freed)
        self.index = {(step.address, step.interim): n for n, step in enumerate(route.steps, start=1)}

    def changes(self) -> tuple[Change, ...]:
        done = [self._done(step.address) for step in self.route.steps if not step.interim]
        left = (*self.task.blocked, *self.route.stuck)
        ordered = sorted(left, key=self.task.priority)
        last = len(self.route.steps)
        return (*done, *(self._left(address, last + n) for n, address in enumerate(ordered, start=1)))

    def _done(self, address: Address) -> Change:
        change = self.routing.changes[address]
        detour = self.route.detours.get(address)
        if detour is not None:
            change = _moved(change, detour)
            change = replace(change, interim=self._interim(change, detour))
        waits = self.waits[address, False]
        return replace(
            change,
            index=self.index[address, False],
            notes=(*change.notes, *self._notes(address)),
            waits_for=_sorted(waits.changes),
            waits_for_interim=_sorted(waits.interims),
        )

    def _left(self, address: Address, index: int) -> Change:
        change = self.routing.changes[address]
        waits = _sorted(self.task.needs.get(address, set()))
        return replace(
            change, index=index, blocked=change.blocked or self.route.stuck[address], waits_for=waits
        )

    def _notes(self, address: Address) -> tuple[str, ...]:
        before = sorted(self.route.unguarded.get(address, ()))
        return tuple(
            f"may open access before {other} closes it: each waits for the other" for other in before
        )

    def _interim(self, change: Change, detour: Detour) -> Interim:
        waits = self.waits.get((change.address, True), Waits())
        rule = self.routing.kind(change.address).rule
        body = detour.body
        return Interim(
            detour.interim.way,
            self.index[change.address, True],
            body,
            None if body is None else self._owned(change, detour),
            diff(rule, change.before, body) if body is not None and change.before is not None else (),
            _why(detour),
            detour.interim.meanwhile,
            detour.interim.opens,
            detour.interim.cuts,
            _sorted(waits.changes),
            _sorted(waits.interims),
            self._was(change),
        )

    def _was(self, change: Change) -> Body | None:
        """Return our part of what existed before; `None` where nothing is recorded."""
        entry = self.routing.recorded.get(change.address)
        rule = self.routing.kind(change.address).rule
        return canonical(rule, entry.body, declared=True) if entry is not None else None

    def _owned(self, change: Change, detour: Detour) -> Body | None:
        """Return our part of an interim body: made as the whole is, from our parts of before and after."""
        after = None if change.action is Action.DELETE else change.owned
        return detour.interim.remake(self._was(change), after)


def _moved(change: Change, detour: Detour) -> Change:
    """Return the change of an object that takes a detour: taken down whole it is created again; one that had
    nothing to do puts it back.
    """
    if change.is_action:
        away = detour.body is None and change.action is Action.UPDATE
        return replace(change, action=Action.REPLACE) if away else change
    action = Action.REPLACE if detour.body is None else Action.UPDATE
    return replace(change, action=action, reason=Reason.TAKEN_DOWN)


def _why(detour: Detour) -> str:
    if detour.interim.way is Way.NARROW and not detour.because:
        return f"it closes access before {detour.goal} opens it"
    return f"{detour.goal} would be refused otherwise: {detour.because}"


def _sorted(found: set[Address]) -> tuple[Address, ...]:
    return tuple(sorted(found))
