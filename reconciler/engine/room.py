"""Making room: the step in between after which a refused write is taken, the gentlest and smallest found.

First steps that widen, then steps that only close, then one object taken down, then the fewest of those that
the refusal rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.engine.search import Again, Detour, Position
from reconciler.model.plan import TakeDown
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Interim, Way, Write
from reconciler.sdk.provider import Body


@dataclass(frozen=True, slots=True)
class _Move:
    """A step in between that is taken as things stand."""

    address: Address
    interim: Interim
    body: Body | None
    reads: frozenset[Address]
    forbidden: str = ""  # why it may not be taken


def make_room(position: Position) -> bool:
    """Take one step in between, or several that are needed together; whether there was one.

    Raises `Again` where something that was done already is in the way, and was not held back before, or
    where an object had a step in between that leaves too much of it.
    """
    if any(_in_this_way(position, way) for way in Way):
        return True
    stuck = position.stuck()
    if any(_several(position, goal) for goal in stuck):
        return True
    near = {address for goal in stuck for address in _near(position, goal)}
    early = frozenset(a for a in near & position.done if position.board.body(a) is not None)
    early -= position.lessons.held | position.route.detours.keys()
    early = frozenset(a for a in early if _is_in_the_way(position, stuck, a)) or early
    weak = frozenset(a for goal in stuck for a in _near(position, goal) if _is_too_weak(position, goal, a))
    if early or weak:
        raise Again(early, weak)
    return False


def _is_in_the_way(position: Position, stuck: list[Address], address: Address) -> bool:
    """Whether one of the refused changes would be taken if this one were not done yet."""
    mark = position.board.mark()
    position.board.put(address, position.task.movable[address].before)
    helps = any(not position.verdict(goal).refused for goal in stuck)
    position.board.back_to(mark)
    return helps


def _in_this_way(position: Position, way: Way) -> bool:
    """Try every change that could not be done and was not tried since; whether there was a step for one."""
    while (goal := position.goal(way)) is not None:
        if _one(position, goal, way):
            position.keep(way, goal)
            return True
    return False


def _near(position: Position, goal: Address) -> list[Address]:
    """The objects that may be in the way of a change: itself, and those that its refusal rests on."""
    verdict = position.refused.get(goal)
    if verdict is None:
        return sorted(position.unclosed(goal))
    return [goal, *sorted(verdict.reads)]


def _one(position: Position, goal: Address, way: Way) -> bool:
    """Take the first step of this kind near the goal after which something is taken, those that change
    nobody's access first."""
    moves = [move for address in _near(position, goal) for move in _moves(position, goal, address, way)]
    for move in sorted(moves, key=lambda move: (move.interim.opens, move.interim.cuts)):
        mark = position.board.mark()
        opens = bool(position.board.access(move.address, move.body).opens)
        position.board.put(move.address, move.body)
        gained = _gained(position, goal, move)
        if gained is None and (opens or not _closes(position, goal, move, way)):
            position.board.back_to(mark)
        elif move.forbidden:
            position.board.back_to(mark)
            position.forbidden.setdefault(goal, move.forbidden)
        else:
            _take(position, goal if gained is None else gained, move)
            _at_once(position, gained)
            return True
    return False


def _moves(position: Position, goal: Address, address: Address, way: Way) -> Iterator[_Move]:
    """The steps of this kind that an object could take now."""
    if not _is_free(position, address):
        return
    strong = address in position.lessons.strong
    if strong and way is Way.NARROW:
        way = Way.TAKE_DOWN
    elif strong and way is Way.WIDEN:
        return
    yield from _options(position, goal, address, way)


def _options(position: Position, goal: Address, address: Address, way: Way) -> Iterator[_Move]:
    """The steps of this kind that servers would take for an object as it stands."""
    change, standing = position.task.movable.get(address), position.board.of(address)
    if change is None or standing is None:
        return
    if way is Way.TAKE_DOWN and goal in position.refused and not position.refused[goal].sure:
        return
    now = standing.body(address)
    stuck = [Write(other, position.pending[other].after) for other in _resting_on(position, goal, address)]
    for interim in standing.interims(address, change.after, stuck):
        if interim.way is not way:
            continue
        body = interim.remake(now, change.after)
        if body not in (now, change.after) and not position.board.judge(address, body).refused:
            reads = position.board.touched(address, body)
            opens = interim.opens or _opens_early(position, address, body)
            step = replace(interim, opens=opens)
            yield _Move(address, step, body, reads, _forbidden(position, address, step, body))


def _opens_early(position: Position, address: Address, body: Body | None) -> bool:
    """Whether a step in between opens access that a change closes which is yet to come."""
    opens = position.board.access(address, body).opens
    closing = position.task.closing(opens) - {address} if opens else set()
    return any(other in position.pending and not position.closed(other) for other in closing)


def _is_free(position: Position, address: Address) -> bool:
    """Whether a step in between may still go before the object's change."""
    route = position.route
    over = address in position.done or address in route.detours or address in route.stuck
    return not over and address not in position.task.blocked


def _forbidden(position: Position, address: Address, interim: Interim, body: Body | None) -> str:
    """Why an object may not be taken down; empty where it may."""
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


def _resting_on(position: Position, goal: Address, address: Address) -> list[Address]:
    """The goal, and every other refused change that rests on the same object."""
    waiting = position.waiters.get(address, set()) & position.refused.keys() & position.pending.keys()
    return [goal, *sorted(waiting - {goal})]


def _closes(position: Position, goal: Address, move: _Move, way: Way) -> bool:
    """Whether the step closes the access that the goal waits for; a strong one also makes room for it."""
    if way is Way.WIDEN or move.address not in position.unclosed(goal):
        return False
    strong = way is Way.TAKE_DOWN or move.address in position.lessons.strong
    return not (strong and position.verdict(goal).refused)


def _is_too_weak(position: Position, goal: Address, address: Address) -> bool:
    """Whether taking an object down would help where its step in between did less, or where it was held
    back and is done all the same, as others waited for it."""
    detour, change = position.route.detours.get(address), position.task.movable.get(address)
    if change is None or address in position.lessons.strong:
        return False
    late = address in position.done & position.lessons.held
    if not late if detour is None else detour.interim.way is Way.TAKE_DOWN:
        return False
    mark = position.board.mark()
    position.board.put(address, change.before)
    helps = False
    for move in _options(position, goal, address, Way.TAKE_DOWN):
        position.board.put(address, move.body)
        helps = helps or not (move.forbidden or position.verdict(goal).refused)
        position.board.put(address, change.before)
    position.board.back_to(mark)
    return helps


def _gained(position: Position, goal: Address, move: _Move) -> Address | None:
    """A change that could not be done and can be done now, the moved object's own apart."""
    waiting = position.waiters.get(move.address, set()) & position.pending.keys()
    others = [goal, *sorted(waiting - {goal})]
    return next((a for a in others if a != move.address and _is_taken(position, a)), None)


def _at_once(position: Position, gained: Address | None) -> None:
    """Do what room was made for before anything is put back."""
    if gained is not None:
        position.refused.pop(gained, None)
        position.do(gained)


def _is_taken(position: Position, address: Address) -> bool:
    if address not in position.pending or position.missing(address):
        return False
    return not position.verdict(address).refused


def _take(position: Position, goal: Address, move: _Move) -> None:
    refusal = position.refused.get(goal)
    because = refusal.refused if refusal is not None else ""
    position.detour(move.address, Detour(move.interim, move.body, goal, because), move.reads)


def _several(position: Position, goal: Address) -> bool:
    """Take down all that is near the goal until it is taken, then leave out what was not needed."""
    mark = position.board.mark()
    taken: list[_Move] = []
    near = position.task.movable.keys() & set(_near(position, goal)) - {goal}
    for address in sorted(near, key=position.task.priority, reverse=True):
        moves = [m for m in _moves(position, goal, address, Way.TAKE_DOWN) if not m.forbidden]
        if moves:
            position.board.put(address, moves[-1].body)
            taken.append(moves[-1])
    if not taken or not _is_taken(position, goal):
        position.board.back_to(mark)
        return False
    for move in _needed(position, goal, taken):
        _take(position, goal, move)
    _at_once(position, goal)
    return True


def _needed(position: Position, goal: Address, taken: list[_Move]) -> list[_Move]:
    """Those of the steps without which the goal is refused."""
    kept = list(taken)
    for move in taken:
        before = position.task.movable[move.address].before
        mark = position.board.mark()
        if position.board.judge(move.address, before).refused:
            continue
        position.board.put(move.address, before)
        if _is_taken(position, goal):
            kept.remove(move)
        else:
            position.board.back_to(mark)
    return kept
