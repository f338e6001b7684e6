"""Interim steps that an object could take now, and taking one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.engine.order.openers import done_early
from reconciler.engine.order.position import Position
from reconciler.engine.order.task import Again, Detour
from reconciler.model.plan import TakeDown
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import Interim, Way, Write
from reconciler.sdk.provider import Body


@dataclass(frozen=True, slots=True)
class Move:
    """An interim step that is accepted now."""

    address: Address
    interim: Interim
    body: Body | None
    reads: frozenset[Address]
    forbidden: str = ""  # why it may not be taken


def around(position: Position, goal: Address) -> list[Address]:
    """Return the objects that may be in the way of a change: itself, and those that its refusal
    depends on.
    """
    verdict = position.refused.get(goal)
    if verdict is None:
        return sorted(position.unclosed(goal))
    return [goal, *sorted(verdict.reads)]


def moves_of(position: Position, goal: Address, address: Address, way: Way) -> Iterator[Move]:
    """Return the steps of this kind that an object could take now."""
    if not is_free(position, address):
        return
    if address not in position.lessons.strong | position.lessons.whole:
        yield from options(position, goal, address, way)
    elif way is not Way.WIDEN:
        yield from strong_options(position, goal, address)


def strong_options(
    position: Position, goal: Address, address: Address, room_for: Write | None = None
) -> list[Move]:
    """Return the steps that take an object down, and those that leave nothing of it although no caller loses
    what they keep: the least is left last."""
    away = [m for m in options(position, goal, address, Way.NARROW, room_for) if m.body is None]
    return [*options(position, goal, address, Way.TAKE_DOWN, room_for), *away]


def options(
    position: Position, goal: Address, address: Address, way: Way, room_for: Write | None = None
) -> list[Move]:
    """Return the steps of this kind that servers would accept for an object as it is now, the last leaves the
    least of it; where `room_for` is given, those that make room for that write.
    """
    found = list(_options(position, goal, address, way, room_for))
    return found[-1:] if way is Way.TAKE_DOWN and address in position.lessons.whole else found


def _options(
    position: Position, goal: Address, address: Address, way: Way, room_for: Write | None
) -> Iterator[Move]:
    change, standing = position.task.movable.get(address), position.board.of(address)
    if change is None or standing is None:
        return
    if way is Way.TAKE_DOWN and goal in position.refused and not position.refused[goal].sure:
        return
    now = standing.body(address)
    stuck = [room_for] if room_for is not None else _resting(position, goal, address)
    for interim in standing.interims(address, change.after, stuck):
        if interim.way is not way:
            continue
        body = interim.remake(now, change.after)
        if body not in (now, change.after) and not position.board.judge(address, body).refused:
            reads = position.board.touched(address, body)
            step = _with_early(interim, address, closed_later(position, address, body))
            yield Move(address, step, body, reads, _forbidden(position, address, step, body))


def _with_early(interim: Interim, address: Address, closing: set[Address]) -> Interim:
    """Return an interim step, with the access that it opens until others close it."""
    if not closing:
        return interim
    said = f"it opens access to {address.name} that {min(closing)} closes"
    return replace(interim, opens=True, meanwhile=interim.meanwhile or said)


def closed_later(position: Position, address: Address, body: Body | None) -> set[Address]:
    """Return the later changes that close access which an interim step opens."""
    opens = position.board.access(address, body).opens
    closing = position.task.closing(opens) - {address} if opens else set()
    return {other for other in closing & position.pending.keys() if not position.closed(other)}


def _resting(position: Position, goal: Address, address: Address) -> list[Write]:
    """Return the writes of the refused changes that depend on an object."""
    return [Write(other, position.pending[other].after) for other in resting_on(position, goal, address)]


def is_free(position: Position, address: Address) -> bool:
    """Say whether an interim step may still go before the object's change."""
    route = position.route
    over = address in position.done or address in route.detours or address in route.stuck
    return not over and address not in position.task.blocked


def _forbidden(position: Position, address: Address, interim: Interim, body: Body | None) -> str:
    """Return why an object may not be taken down; empty where it may."""
    if interim.way is not Way.TAKE_DOWN:
        return ""
    setting = position.task.take_down
    if setting is TakeDown.NEVER or (setting is TakeDown.SAME_ACCESS and (interim.opens or interim.cuts)):
        why = f"take_down: {setting.value} does not allow it"
    elif body is None and position.task.movable[address].protect:
        why = "it is protected"
    else:
        return ""
    return f"{address} would have to be taken down for a while, and {why}"


def resting_on(position: Position, goal: Address, address: Address) -> list[Address]:
    """Return the goal, and every other refused change that depends on the same object."""
    waiting = position.waiters.get(address, set()) & position.refused.keys() & position.pending.keys()
    return [goal, *sorted(waiting - {goal})]


def is_taken(position: Position, address: Address) -> bool:
    """Say whether a change could be done now."""
    if address not in position.pending or position.lacking(address):
        return False
    return not position.verdict(address).refused


def take(position: Position, goal: Address, move: Move) -> None:
    """Have an interim step, whose body is on the board already, be part of the order. Raises `Again` where
    it would open more than it need, because of what was done before it."""
    early = done_early(position, move.address, move.body) if move.interim.opens else frozenset()
    if early:
        raise Again(early)
    refusal = position.refused.get(goal)
    because = refusal.refused if refusal is not None else ""
    position.detour(move.address, Detour(move.interim, move.body, goal, because), move.reads)


def at_once(position: Position, gained: Address | None) -> None:
    """Do what room was made for before anything is put back, unless it opens access that is closed again by
    something that comes back: then that goes first, if it can (see `stuck.give_up`).

    Whether all that was taken down can come back after it shows in the rest of the walk: where it cannot, the
    walk begins again without the change (see `search.search`).
    """
    if gained is not None:
        position.refused.pop(gained, None)
        if not position.is_behind(gained):
            position.do(gained)
