"""What a part of a change would leave broken: servers take some writes that break what they do not look at,
and then refuse every single write that would mend it. Such a part is not done."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.order.position import Route, Task
from reconciler.model.block import Block, BlockKind
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body

_Put = tuple[Address, Address, Body | None]  # the object, the change that it is written for, the body


def left_broken(task: Task, route: Route) -> dict[Address, Block]:
    """Return the change of an order that breaks something which works now and does not at the end, with why.

    Only the first such change: the others may be in order without it. The board is left as it was.
    """
    near = [step.address for step in route.steps]
    mark, before = task.board.mark(), task.board.broken(near)
    try:
        puts = _puts(task, route)
        for address, _, body in puts:
            task.board.put(address, body)
        after = {what: why for what, why in task.board.broken(near).items() if what not in before}
        if not after:
            return {}
        task.board.back_to(mark)
        return _first(task, puts, near, after)
    finally:
        task.board.back_to(mark)


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


def _first(
    task: Task, puts: list[_Put], near: list[Address], after: Mapping[str, str]
) -> dict[Address, Block]:
    """Return the change at whose write the first of these breaks for good."""
    whole: list[set[str]] = []
    for address, _, body in puts:
        task.board.put(address, body)
        whole.append(set(after) - task.board.broken(near).keys())
    for number, (_, goal, _) in enumerate(puts):
        left = set(after).difference(*whole[number:])
        if left and goal in task.pending:
            return {goal: _block(goal, after[min(left)])}
    return {}


def _block(address: Address, because: str) -> Block:
    text = f"{address.cluster} would take it, and what works now would be broken after it: {because}"
    return Block(BlockKind.WOULD_BREAK, text)
