"""What a part of a change would leave broken: servers take some writes that break what they do not look at,
and may then refuse every single write that would mend it. Such a part is not done.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.order.task import Route, Task
from reconciler.model.block import Block, BlockKind
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body

_Put = tuple[Address, Address, Body | None]  # the object, the change that it is written for, the body


def left_broken(task: Task, route: Route) -> dict[Address, Block]:
    """Return the changes of an order that break something which works now and does not at the end, with why.

    Some of them may be in order without the others. The board is left as it was.
    """
    near = [step.address for step in route.steps]
    mark, before = task.board.mark(), task.board.broken(near)
    puts = _puts(task, route)
    for address, _, body in puts:
        task.board.put(address, body)
    after = {what: why for what, why in task.board.broken(near).items() if what not in before}
    task.board.back_to(mark)
    return _breaking(task, puts, after) if after else {}


def _puts(task: Task, route: Route) -> list[_Put]:
    """Return what an order writes, step by step. What is taken down and put back is written for another
    change.
    """
    out: list[_Put] = []
    for step in route.steps:
        detour, change = route.detours.get(step.address), task.movable[step.address]
        body = detour.body if step.interim and detour is not None else change.after
        own = change.is_action or detour is None
        out.append((step.address, step.address if own or detour is None else detour.goal, body))
    return out


def _breaking(task: Task, puts: list[_Put], after: Mapping[str, str]) -> dict[Address, Block]:
    """Return the changes at whose write one of these breaks for good."""
    mark, last = task.board.mark(), dict[str, Address]()
    for address, goal, body in puts:
        was = task.board.broken([address]).keys()
        task.board.put(address, body)
        last.update((what, goal) for what in task.board.broken([address]).keys() - was)
    task.board.back_to(mark)
    found = {goal: what for what, goal in sorted(last.items(), reverse=True) if what in after}
    return {goal: _block(goal, after[what]) for goal, what in found.items() if goal in task.pending}


def _block(address: Address, because: str) -> Block:
    text = f"{address.cluster} would take it, and what works now would be broken after it: {because}"
    return Block(BlockKind.WOULD_BREAK, text)
