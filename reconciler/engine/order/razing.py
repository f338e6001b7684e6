"""The last resort: all that is connected with what stays refused is taken down first, and put back after it.

More than that needs, and for longer. So it is kept only where the search without it leaves more undone.
"""

from __future__ import annotations

from collections.abc import Set

from reconciler.engine.order.detours import is_free, strong_options
from reconciler.engine.order.position import Position
from reconciler.engine.order.room import make_room
from reconciler.engine.order.search import search
from reconciler.engine.order.stuck import give_up
from reconciler.engine.order.task import Detour, Lessons, Route, Task
from reconciler.engine.order.turns import out_of_turn
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Write

_FAR = 200  # objects around what is refused, at most
_ROUNDS = 3  # what cannot go at first may go when others have gone


def route(task: Task) -> Route:
    """Return the best order found."""
    found = search(task, _room, give_up)
    ground = _ground(task, found)
    if not ground:
        return found
    goal = min(found.stuck.keys() & task.pending.keys(), key=task.priority)
    last = search(
        task,
        make_room,
        give_up,
        Lessons(held=ground - found.stuck.keys()),
        lambda position: _raze(position, goal, ground),
    )
    return last if len(last.stuck) < len(found.stuck) else found


def _room(position: Position) -> bool:
    return out_of_turn(position) or make_room(position)


def _ground(task: Task, found: Route) -> frozenset[Address]:
    """Return the objects that are connected with what stays refused, before or after all changes, and could
    be taken down.
    """
    stuck = found.stuck.keys() & task.pending.keys()
    if not stuck:
        return frozenset()
    mark = task.board.mark()
    before = _connected(task, stuck)
    for address, change in task.pending.items():
        task.board.put(address, change.after)
    after = _connected(task, stuck)
    task.board.back_to(mark)
    return frozenset(address for address in before | after if _stands_and_stays(task, address))


def _connected(task: Task, start: Set[Address]) -> set[Address]:
    todo = sorted(start)
    seen = set(todo)
    for address in todo:
        further = sorted(_rests_on(task, address) - seen)[: _FAR - len(seen)]
        seen.update(further)
        todo += further
    return seen


def _rests_on(task: Task, address: Address) -> set[Address]:
    """Return what an object's final body, its removal and its new creation depend on."""
    board, after, mark = task.board, task.movable[address].after, task.board.mark()
    reads = board.judge(address, after).reads | board.judge(address, None).reads
    board.put(address, None)
    reads |= board.judge(address, after).reads
    board.back_to(mark)
    return set(reads & task.movable.keys())


def _stands_and_stays(task: Task, address: Address) -> bool:
    change = task.movable[address]
    return change.before is not None and change.after is not None


def _raze(position: Position, goal: Address, ground: frozenset[Address]) -> None:
    """Take down what is there, the most dependent first."""
    if goal not in position.pending:
        return
    write = Write(goal, position.pending[goal].after)
    because = position.verdict(goal).refused
    for _ in range(_ROUNDS):
        for address in sorted(ground - {goal}, key=position.task.priority, reverse=True):
            if not is_free(position, address):
                continue
            found = [m for m in strong_options(position, goal, address, write) if not m.forbidden]
            if found:
                move = found[-1]
                position.board.put(address, move.body)
                position.detour(address, Detour(move.interim, move.body, goal, because), move.reads)
