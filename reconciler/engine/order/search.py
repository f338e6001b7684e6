"""The search for an order that servers take: writes that are taken now, one after the other; when none is,
an interim step that makes room for one.

Nothing is tried twice without a cause: what is refused waits until something changes that its refusal rests
on. So the cost goes with what is connected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.engine.order.position import Position
from reconciler.engine.order.task import Again, Detour, Lessons, Route, Task
from reconciler.model.block import Block, BlockKind, needs_blocked
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way

_NONE = Lessons()


def search(
    task: Task,
    make_room: Callable[[Position], bool],
    give_up: Callable[[Position], None],
    lessons: Lessons = _NONE,
    begin: Callable[[Position], None] = lambda position: None,
) -> Route:
    """Return the order found; see `Route`. The board is left as it was. Each walk starts with `begin`."""
    mark = task.board.mark()
    while True:
        position = Position(task, lessons)
        try:
            begin(position)
            _walk(position, make_room, give_up)
            given_up = {**lessons.given_up, **_left_open(position.route)}
            if len(given_up) == len(lessons.given_up):
                return position.route
            lessons = replace(lessons, given_up=given_up)
        except Again as again:
            lessons = lessons.with_more(again)
        finally:
            task.board.back_to(mark)


def _left_open(route: Route) -> dict[Address, Block]:
    """Return the changes that room was made for by a step that could not be completed, each with why."""
    return {
        detour.goal: route.stuck.get(detour.goal) or _without(detour, address)
        for address, detour in route.detours.items()
        if address in route.stuck and detour.interim.way is not Way.NARROW
    }


def _without(detour: Detour, address: Address) -> Block:
    """Return why a change is not done where the interim step of an object would make room for it."""
    return refusal(detour.goal, detour.because) if detour.because else needs_blocked(address)


def refusal(address: Address, because: str) -> Block:
    """Return the block of a change that its servers would not take."""
    return Block(BlockKind.WOULD_BE_REFUSED, f"{address.cluster} would refuse it: {because}")


def _walk(
    position: Position, make_room: Callable[[Position], bool], give_up: Callable[[Position], None]
) -> None:
    while True:
        position.drain()
        if not position.pending:
            return
        if position.pending.keys() == position.held:
            _release(position)
        elif not make_room(position):
            if position.held:
                _release(position)
            else:
                give_up(position)


def _release(position: Position) -> None:
    """Release the first of what was held back: nothing else can be done before. Last goes what is taken down
    or may have to be, or is away: it would be in the way of the others.
    """
    detours = position.route.detours.items()
    down = {a for a, detour in detours if detour.interim.way is Way.TAKE_DOWN or detour.body is None}
    last = down | position.lessons.strong | position.lessons.whole
    address = min(position.held, key=lambda a: (a in last, *position.task.priority(a)))
    position.held.discard(address)
    position.push(address)
