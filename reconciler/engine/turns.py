"""Out of turn: a change that refers to another goes before it, where that is the only way for the other.

A splitter that leads away from its service's resolver, say: servers take the resolver once the splitter is
there, and the splitter refers to it all the same.
"""

from __future__ import annotations

from reconciler.engine.search import Position
from reconciler.sdk.address import Address


def out_of_turn(position: Position) -> bool:
    """Do what waits for a refused change, and after which that is taken; whether there was something."""
    return any(_before(position, goal) for goal in position.stuck())


def _before(position: Position, goal: Address) -> bool:
    mark, first = position.board.mark(), []
    for address in sorted(position.waiters.get(goal, ()), key=position.task.priority):
        if _only_waits(position, address, goal) and not position.verdict(address).refused:
            position.board.put(address, position.pending[address].after)
            first.append(address)
    helps = bool(first) and not position.verdict(goal).refused
    position.board.back_to(mark)
    for address in first if helps else ():
        position.do(address)
    return helps


def _only_waits(position: Position, address: Address, goal: Address) -> bool:
    """Whether nothing but the reference keeps a change back, and servers judge both."""
    if address not in position.pending or position.missing(address) != {goal}:
        return False
    if goal in position.unclosed(address):
        return False
    return position.task.judged(address) and position.task.judged(goal)
