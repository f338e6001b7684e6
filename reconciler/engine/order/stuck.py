"""Giving up: why a change cannot be done where no order and no interim step helps."""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.order.access import closing_again
from reconciler.engine.order.detours import closed_later
from reconciler.engine.order.position import Position
from reconciler.engine.order.search import refusal
from reconciler.engine.order.turns import let_go, waiting_for
from reconciler.model.block import Block, BlockKind, needs_blocked
from reconciler.model.plan import TakeDown
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way
from reconciler.sdk.provider import Body


def give_up(position: Position) -> None:
    """Say of one change at least why it is not done, or do it all the same where that is not certain.

    Changes of a mere cycle go first: what is refused may be accepted after them.
    """
    stuck = position.stuck()
    if let_go(position):
        return
    if not (_behind_others(position) or _before_what_comes_back(position) or _unguarded(position, stuck)):
        _refused(position, stuck)


def _refused(position: Position, stuck: list[Address]) -> None:
    unsure = next((a for a in stuck if not position.refused[a].sure), None)
    if unsure is not None:
        position.refused.pop(unsure)
        position.do(unsure)
        return
    address = stuck[0]
    verdict = position.refused.pop(address)
    block = refusal(address, verdict.refused)
    if address in position.forbidden:
        block = replace(block, text=f"{block.text} ({position.forbidden[address]})")
    _leave(position, address, block)


def _behind_others(position: Position) -> bool:
    """Leave everything that waits for what is not done; whether there was something."""
    out = position.task.blocked | position.route.stuck.keys()
    behind = [(a, found) for a in sorted(position.pending) if (found := position.missing(a) & out)]
    for address, found in behind:
        _leave(position, address, needs_blocked(min(found)))
    return bool(behind)


def _before_what_comes_back(position: Position) -> bool:
    """Do a change before an object comes back: that closes access once it is back, and comes back only after
    the change that opens it. The plan says so, unless nothing may be taken down that changes access.
    """
    for address in sorted(position.pending, key=position.task.priority):
        away = position.route.behind.get(address, set()) & position.refused.keys()
        if not away or position.missing(address) != away or position.verdict(address).refused:
            continue
        down = [a for a in sorted(away) if _is_down(position, a)]
        if down and position.task.take_down is not TakeDown.ALWAYS:
            _leave(position, address, _not_allowed(position, down[0]))
        else:
            _open_meanwhile(position, address, away)
        return True
    return False


def _is_down(position: Position, address: Address) -> bool:
    detour = position.route.detours.get(address)
    return detour is not None and detour.interim.way is Way.TAKE_DOWN


def _open_meanwhile(position: Position, address: Address, away: set[Address]) -> None:
    """Have a change go before what closes access that it opens, and say so where it is taken down."""
    route = position.route
    for other in away & route.detours.keys():
        detour = route.detours[other]
        route.detours[other] = replace(detour, interim=replace(detour.interim, opens=True))
    position.dropped.setdefault(address, set()).update(away)
    route.unguarded.setdefault(address, set()).update(away)
    position.push(address)


def _not_allowed(position: Position, away: Address) -> Block:
    setting = position.task.take_down.value
    return Block(
        BlockKind.TAKE_DOWN,
        f"{away} would have to be taken down for a while, which opens access, and take_down: {setting} does "
        "not allow it",
    )


def _unguarded(position: Position, stuck: list[Address]) -> bool:
    """Let one change go on although each waits for the other to close access first; its plan says so."""
    hopeless = waiting_for(position, set(stuck))
    free = [a for a in sorted(position.pending.keys() - hopeless) if position.unclosed(a)]
    if not free:
        return False
    quiet = [a for a in free if not _opens(position, a)]
    address = (quiet or free)[0]
    before = position.unclosed(address)
    position.dropped.setdefault(address, set()).update(before)
    if not quiet:  # else it opens nothing, done first
        position.route.unguarded.setdefault(address, set()).update(before)
    position.push(address)
    return True


def _opens(position: Position, address: Address) -> bool:
    """Say whether a change that is done now opens access which others close later."""
    if position.returning(address):
        return True
    after = position.pending[address].after
    return bool(closed_later(position, address, after)) and _is_closed_later(position, address, after)


def _is_closed_later(position: Position, address: Address, after: Body | None) -> bool:
    """Say whether a later change closes, on what exists after this change, any access that it opens."""
    board, opens = position.board, position.board.access(address, after).opens
    closing = position.task.closing(opens) & position.pending.keys() - {address}
    later = {other: position.pending[other].after for other in closing if not position.closed(other)}
    if closing_again(board, address, after, later):
        return True
    mark = board.mark()
    for other, body in {address: after, **later}.items():
        board.put(other, body)
    ends = any(not board.arrives(reach) for reach in opens)
    board.back_to(mark)
    return ends


def _leave(position: Position, address: Address, block: Block) -> None:
    position.route.stuck[address] = block
    position.pending.pop(address)
    position.held.discard(address)
