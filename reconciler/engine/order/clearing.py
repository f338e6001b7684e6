"""Clearing: taking down what is around a refused write until it is taken, and no more than that needs.

Where servers would not let an object go now, room for that is made first.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.engine.order.detours import (
    Move,
    around,
    at_once,
    is_free,
    is_taken,
    options,
    strong_options,
    take,
)
from reconciler.engine.order.position import Position
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way, Write

_MANY = 24  # moves of which none is left out any more: trying costs a walk over all of them for each


def clear(position: Position, goal: Address) -> bool:
    """Take down all that is near the goal until it is taken, then leave out what was not needed."""
    mark = position.board.mark()
    moves = list(_down(position, goal))
    works = bool(moves) and is_taken(position, goal)
    position.board.back_to(mark)
    if not works:
        return False
    needed = _needed(position, goal, moves)
    for move in needed:
        position.board.put(move.address, move.body)
        take(position, goal, move)
    at_once(position, goal)
    return True


def _down(position: Position, goal: Address) -> Iterator[Move]:
    """Take down one object after the other, the most dependent first, until the goal is taken."""
    others = position.task.movable.keys() & set(around(position, goal)) - {goal}
    seen: set[Address] = set()
    for address in sorted(others, key=position.task.priority, reverse=True):
        if is_taken(position, goal):
            return
        for move in _one(position, goal, address):
            if move.address not in seen:
                seen.add(move.address)
                position.board.put(move.address, move.body)
                yield move


def _one(position: Position, goal: Address, address: Address) -> Iterator[Move]:
    """Yield the step that takes most of an object away, after those that make room for it."""
    if not is_free(position, address):
        return
    found = _most(position, goal, address)
    if found is None:
        yield from _for_its_removal(position, goal, address)
        found = _most(position, goal, address)
    if found is not None:
        yield found


def _most(position: Position, goal: Address, address: Address, room_for: Write | None = None) -> Move | None:
    found = [m for m in strong_options(position, goal, address, room_for) if not m.forbidden]
    return found[-1] if found else None


def _for_its_removal(position: Position, goal: Address, address: Address) -> Iterator[Move]:
    """Yield the step of one other object after which servers accept this one's removal, if there is one."""
    if position.board.body(address) is None:
        return
    removal = Write(address, None)
    for other in sorted(position.board.judge(address, None).reads):
        if other == goal or not is_free(position, other):
            continue
        moves = [
            m for way in (Way.NARROW, Way.TAKE_DOWN) for m in options(position, goal, other, way, removal)
        ]
        found = next((move for move in moves if _lets_go(position, address, move)), None)
        if found is not None:
            yield found
            return


def _lets_go(position: Position, address: Address, move: Move) -> bool:
    """Say whether servers let an object go after this step of another."""
    mark = position.board.mark()
    position.board.put(move.address, move.body)
    refused = position.board.judge(address, None).refused
    position.board.back_to(mark)
    return not (move.forbidden or refused)


def _needed(position: Position, goal: Address, moves: list[Move]) -> list[Move]:
    """Return those of the steps without which the goal, or one of the others, is refused."""
    kept = list(moves)
    for move in moves if len(moves) <= _MANY else ():
        fewer = [other for other in kept if other is not move]
        if _works(position, goal, fewer):
            kept = fewer
    return kept


def _works(position: Position, goal: Address, moves: list[Move]) -> bool:
    mark = position.board.mark()
    taken = True
    for move in moves:
        taken = taken and not position.board.judge(move.address, move.body).refused
        position.board.put(move.address, move.body)
    taken = taken and is_taken(position, goal)
    position.board.back_to(mark)
    return taken
