"""Making room: the interim step after which a refused write is taken, the gentlest and smallest found.

First steps that widen, then steps that only close, then one object taken down, then the fewest of those that
the refusal rests on.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.engine.order.clearing import clear
from reconciler.engine.order.detours import (
    Move,
    around,
    at_once,
    is_free,
    is_taken,
    moves_of,
    strong_options,
    take,
)
from reconciler.engine.order.position import Position
from reconciler.engine.order.task import Again
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way, Write


def make_room(position: Position) -> bool:
    """Take one interim step, or several that are needed together; whether there was one.

    Raises `Again` where something that was done already is in the way, and was not held back before, or
    where an object had an interim step that leaves too much of it.
    """
    if any(_in_this_way(position, way) for way in Way) or _by_opening(position):
        return True
    stuck = position.stuck()
    if any(clear(position, goal) for goal in stuck):
        return True
    _learn(position, stuck)
    return False


def _learn(position: Position, stuck: list[Address]) -> None:
    """Begin again where something near the refused changes was done too early, or had too weak a step.

    Where nothing is held back any more, interim steps near them leave less: several may be in the way
    together. Then what had such a step and came back too early is held back. Then removals are: before them
    another step may be taken (an exported service gets new targets while it is HTTP, say, and not after the
    proxy defaults are gone).
    """
    near = {address for goal in stuck for address in around(position, goal)}
    early = _early(position, stuck, near)
    weak = frozenset(address for goal in stuck for address in _weak(position, goal))
    whole = frozenset(address for address in weak if _is_in_part(position, address))
    if early or weak:
        raise Again(early, weak - whole, whole)
    if position.held:
        return
    weak = frozenset(a for a in near if _leaves_something(position, a) and a not in position.lessons.strong)
    whole = frozenset(a for a in near if _is_in_part(position, a) and a not in position.lessons.whole)
    if weak or whole:
        raise Again(frozenset(), weak - whole, whole)
    back = (near & position.done & position.route.detours.keys()) - position.lessons.held
    late = frozenset(back) or _done(position, near, there=False)
    if late:
        raise Again(late)


def _early(position: Position, stuck: list[Address], near: set[Address]) -> frozenset[Address]:
    """Return what is there, was done, and may be in the way: the least of it that is known."""
    early = _done(position, near, there=True)
    unneeded = early.difference(*(position.task.needs.get(goal, set()) for goal in stuck))
    return frozenset(a for a in early if _is_in_the_way(position, stuck, a)) or unneeded or early


def _done(position: Position, near: set[Address], *, there: bool) -> frozenset[Address]:
    """Return what was done and not held back before: what is there since, or what is gone."""
    done = (near & position.done) - position.lessons.held - position.route.detours.keys()
    return frozenset(a for a in done if (position.board.body(a) is not None) == there)


def _is_in_the_way(position: Position, stuck: list[Address], address: Address) -> bool:
    """Say whether one of the refused changes would be accepted if this one were not done yet."""
    mark = position.board.mark()
    position.board.put(address, position.task.movable[address].before)
    helps = any(not position.verdict(goal).refused for goal in stuck)
    position.board.back_to(mark)
    return helps


def _in_this_way(position: Position, way: Way) -> bool:
    """Try every change that could not be done and was not tried since, without opening access; whether there
    was a step for one."""
    while (goal := position.goal(way)) is not None:
        if _one(position, goal, way, opening=False):
            position.keep(way, goal)
            return True
    return False


def _by_opening(position: Position) -> bool:
    """Try the steps that open access for a while, which were left out before."""
    later, position.later = position.later, []
    for way, goal in later:
        if position.is_goal(goal) and _one(position, goal, way, opening=True):
            for again in later:
                position.keep(*again)
            return True
    return False


def _one(position: Position, goal: Address, way: Way, *, opening: bool) -> bool:
    """Take the first step of this kind near the goal after which something is taken, those that cut no caller
    off first. Steps that open access are taken where that is asked for, else they are kept for later."""
    found = [move for address in around(position, goal) for move in moves_of(position, goal, address, way)]
    moves = [move for move in found if move.interim.opens == opening]
    if len(moves) < len(found) and not opening:
        position.later.append((way, goal))
    for move in sorted(moves, key=lambda move: move.interim.cuts):
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
            take(position, goal if gained is None else gained, move)
            at_once(position, gained)
            return True
    return False


def _closes(position: Position, goal: Address, move: Move, way: Way) -> bool:
    """Say whether the step closes the access that the goal waits for; a strong one also makes room for it."""
    if way is Way.WIDEN or move.address not in position.unclosed(goal):
        return False
    strong = way is Way.TAKE_DOWN or move.address in position.lessons.strong
    return not (strong and position.verdict(goal).refused)


def _weak(position: Position, goal: Address) -> Iterator[Address]:
    """Yield the objects whose interim step leaves too much of them for the goal, or for the removal of what
    is near it.
    """
    near = around(position, goal)
    write = Write(goal, position.pending[goal].after)
    yield from (address for address in near if _is_too_weak(position, write, address))
    for address in near:
        if address == goal or not is_free(position, address) or position.board.body(address) is None:
            continue
        verdict, removal = position.board.judge(address, None), Write(address, None)
        if verdict.refused:
            yield from (other for other in sorted(verdict.reads) if _is_too_weak(position, removal, other))


def _is_too_weak(position: Position, write: Write, address: Address) -> bool:
    """Say whether taking an object down would help a write: its interim step did less, or took only a part of
    it down, or it was held back and is done all the same, as others waited for it.
    """
    detour, change = position.route.detours.get(address), position.task.movable.get(address)
    if change is None or address in position.lessons.whole:
        return False
    in_part = _is_in_part(position, address)
    if address in position.lessons.strong and not in_part:
        return False
    late = address in position.done & position.lessons.held
    if not late if detour is None else detour.interim.way is Way.TAKE_DOWN and not in_part:
        return False
    mark = position.board.mark()
    position.board.put(address, change.before)
    helps = False
    for move in strong_options(position, write.address, address, write):
        position.board.put(address, move.body)
        helps = helps or not (move.forbidden or position.board.judge(write.address, write.body).refused)
        position.board.put(address, change.before)
    position.board.back_to(mark)
    return helps


def _leaves_something(position: Position, address: Address) -> bool:
    """Say whether the interim step of an object leaves some of it, and is not a take-down."""
    detour = position.route.detours.get(address)
    return detour is not None and detour.interim.way is not Way.TAKE_DOWN and detour.body is not None


def _is_in_part(position: Position, address: Address) -> bool:
    """Say whether only a part of an object is taken down."""
    detour = position.route.detours.get(address)
    return detour is not None and detour.interim.way is Way.TAKE_DOWN and detour.body is not None


def _gained(position: Position, goal: Address, move: Move) -> Address | None:
    """Return a change that could not be done and can be done now, the moved object's own apart;
    else `None`.
    """
    waiting = position.waiters.get(move.address, set()) & position.pending.keys()
    others = [goal, *sorted(waiting - {goal})]
    return next((a for a in others if a != move.address and is_taken(position, a)), None)
