"""Which references bind although the servers themselves say what they take.

Where both ends of a reference are judged by their servers, the order found on what they hold counts, not the
reference: a change that lets go of an object may have to come before it, or after. A reference to an object
that is yet to be made always binds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.engine.order.access import Reaches, accesses
from reconciler.engine.order.board import Board
from reconciler.engine.order.edges import Loose
from reconciler.model.change import Action, Change
from reconciler.model.plan import UNKNOWN_DEPENDENCY, Deferred
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind


def loosening(board: Board, kind: Callable[[Address], Kind]) -> Loose:
    """Return the references that do not bind, on this board."""

    def judged(change: Change) -> bool:
        # A call that cannot be repeated makes more than an entry: what refers to it is in its hands.
        return board.of(change.address) is not None and kind(change.address).repeatable

    def loose(waiting: Change, other: Change) -> bool:
        if waiting.action is not Action.DELETE and other.action is not Action.UPDATE:
            return False
        return judged(waiting) and judged(other)

    return loose


def defer_openers(
    changes: Mapping[Address, Change], unseen: Sequence[Change], board: Board
) -> tuple[dict[Address, Change], dict[Address, Deferred]]:
    """Put off what may open access for callers whose access an undecided change would close.

    `unseen` are the changes that the undecided objects would have if they were as they were recorded. Gives
    the other changes, and those that are put off.
    """
    mark = board.mark()
    for change in unseen:
        board.put(change.address, change.before)
    closing = Reaches.of(accesses(unseen, board))
    opening = accesses((c for c in changes.values() if c.is_action), board) if closing.found else {}
    board.back_to(mark)
    kept, out = dict(changes), {}
    for address, access in opening.items():
        causes = {other for reach in access.opens for other in closing.meeting(reach)}
        if causes:
            kept.pop(address)
            because = f"{min(causes)} is unknown, and may have to close access before this opens it"
            out[address] = Deferred(address, because, code=UNKNOWN_DEPENDENCY)
    return kept, out
