"""Out of turn: a change that refers to another goes before it, where that is the only way for the other.

A splitter that leads away from its service's resolver, say: servers take the resolver once the splitter is
there, and the splitter refers to it all the same.
"""

from __future__ import annotations

from reconciler.engine.order.position import Position
from reconciler.model.change import Action
from reconciler.sdk.address import Address


def out_of_turn(position: Position) -> bool:
    """Do what waits for a refused change, and after which that is taken; whether there was something."""
    return any(_before(position, goal) for goal in position.stuck())


def let_go(position: Position) -> bool:
    """Let go what a refused change rests on, although others still name it; whether there was something."""
    return any(_still_named(position, goal) for goal in position.stuck())


def _before(position: Position, goal: Address) -> bool:
    mark, first = position.board.mark(), []
    referring = [a for a in position.waiters.get(goal, ()) if goal in position.task.needs.get(a, ())]
    for address in sorted(referring, key=position.task.priority):
        if _only_waits(position, address, goal) and not position.verdict(address).refused:
            position.board.put(address, position.pending[address].after)
            first.append(address)
    helps = bool(first) and not position.verdict(goal).refused
    position.board.back_to(mark)
    for address in first if helps else ():
        position.do(address)
    return helps


def _only_waits(position: Position, address: Address, goal: Address) -> bool:
    """Say whether nothing but the reference keeps a change back, and servers judge both."""
    if address not in position.pending or position.missing(address) != {goal}:
        return False
    if goal in position.unclosed(address):
        return False
    return position.task.judged(address) and position.task.judged(goal)


def _still_named(position: Position, goal: Address) -> bool:
    """Let go what a refused change rests on, although others, which wait for that change, still name it.
    Servers take the removal of what is named, and names nothing that is there then."""
    near = sorted(position.refused[goal].reads & position.pending.keys())
    going = [a for a in near if position.pending[a].action is Action.DELETE]
    behind = waiting_for(position, {goal}) if going else set()
    for address in going:
        naming = position.missing(address)
        if naming and naming <= behind and all(_only_lets_go(position, a, address) for a in naming):
            position.do(address)
            return True
    return False


def _only_lets_go(position: Position, naming: Address, address: Address) -> bool:
    """Say whether a change stops naming an object, in servers' eyes, and closes nothing before that goes."""
    change = position.pending.get(naming)
    if change is None or change.action not in (Action.UPDATE, Action.DELETE):
        return False
    return naming not in position.unclosed(address) and position.board.of(naming) is not None


def waiting_for(position: Position, start: set[Address]) -> set[Address]:
    """Return these changes, and all that wait for any of them, directly or through others."""
    found = set(start)
    missing = {address: position.missing(address) for address in position.pending}
    while more := {a for a, before in missing.items() if a not in found and before & found}:
        found |= more
    return found
