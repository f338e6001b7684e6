"""Out of turn: a change that refers to another goes before it, where that is the only way for the other.

A splitter that leads away from its service's resolver, say: servers take the resolver once the splitter is
there, and the splitter refers to it all the same.
"""

from __future__ import annotations

from reconciler.engine.search import Position
from reconciler.model.change import Action
from reconciler.sdk.address import Address


def out_of_turn(position: Position) -> bool:
    """Do what waits for a refused change, and after which that is taken; whether there was something."""
    stuck = position.stuck()
    return any(_before(position, goal) for goal in stuck) or any(_still_named(position, a) for a in stuck)


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


def _still_named(position: Position, goal: Address) -> bool:
    """Let go what a refused change rests on, although others, which wait for that change, still name it.
    Servers take the removal of what is named, and names nothing that is there then."""
    for address in sorted(position.refused[goal].reads & position.pending.keys()):
        naming = position.missing(address)
        removed = position.pending[address].action is Action.DELETE
        if removed and naming and all(_only_lets_go(position, other, address, goal) for other in naming):
            position.do(address)
            return True
    return False


def _only_lets_go(position: Position, naming: Address, address: Address, goal: Address) -> bool:
    """Whether a change that stops naming an object waits for the refused change, and closes nothing."""
    change = position.pending.get(naming)
    if change is None or change.action is not Action.UPDATE or naming in position.unclosed(address):
        return False
    return goal in position.missing(naming) and position.board.of(naming) is not None
