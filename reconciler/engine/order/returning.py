"""What is away for a while and closes access when it comes back: nothing opens that access before.

A resolver without its redirect, say: its name leads to the service itself until the redirect is there again.
An export of that name waits for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.engine.order.access import Reaches
from reconciler.engine.order.board import Board
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body


def closing_again(
    board: Board, address: Address, after: Body | None, returning: Mapping[Address, Body | None]
) -> set[Address]:
    """Return those of the objects that are to come back which close access that this change would open now.

    `returning` has the bodies with which they come back. The board is left as it was.
    """
    opens = board.access(address, after).opens if returning else frozenset()
    if not opens:
        return set()
    mark = board.mark()
    board.put(address, after)
    back = {other: board.access(other, body) for other, body in returning.items() if other != address}
    board.back_to(mark)
    return Reaches.of(back).met(opens)
