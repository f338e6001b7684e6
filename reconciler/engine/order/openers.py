"""What opens access and is done before an interim step gives the same callers more than that.

The export of a name whose redirect is taken down, say: until the redirect is back, the name leads to the
service itself. Done after that, the export opens nothing but what it is for.
"""

from __future__ import annotations

from reconciler.engine.order.position import Position
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Reach
from reconciler.sdk.provider import Body


def done_early(position: Position, address: Address, body: Body | None) -> frozenset[Address]:
    """Return the changes that are done already, and without which an object's interim step would open less.

    `body` is what the step leaves; it may be on the board already, which is left as it was. Links are not
    among the changes, and neither is what was held back before.
    """
    mark = position.board.mark()
    position.board.put(address, position.task.movable[address].before)
    opens = position.board.access(address, body).opens
    likely = (
        position.task.opening(opens) & position.done - position.lessons.held - position.route.detours.keys()
    )
    judged = (other for other in sorted(likely) if position.task.judged(other))
    found = frozenset(other for other in judged if opens - _opens_without(position, other, address, body))
    position.board.back_to(mark)
    return found


def _opens_without(
    position: Position, other: Address, address: Address, body: Body | None
) -> frozenset[Reach]:
    """Return what the step would open if another change were not done yet."""
    mark = position.board.mark()
    position.board.put(other, position.task.pending[other].before)
    opens = position.board.access(address, body).opens
    position.board.back_to(mark)
    return opens
