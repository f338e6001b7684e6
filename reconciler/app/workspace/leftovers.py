"""What a run that only reads says of others: of what earlier runs left here, and of one that writes now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from reconciler.model.failure import Failure
from reconciler.model.plan import Plan
from reconciler.model.state import State
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.ports import LeftOver, StateStore

_PATIENCE = 1.0  # seconds to wait, once all else is done, for an answer that says who holds the lock

Others = Callable[[Plan, State], Awaitable[Plan]]


@asynccontextmanager
async def beside_others(states: StateStore) -> AsyncIterator[Others]:
    """Look at who holds the lock while something is planned; give what adds the warnings to the plan.

    They are of this moment, and not part of what is planned: a saved plan is compared with a later one.
    """
    looking = asyncio.create_task(_holder(states))

    async def others(made: Plan, state: State) -> Plan:
        await asyncio.wait([looking], timeout=_PATIENCE)
        holder = looking.result() if looking.done() else None
        busy = [_busy(holder)] if holder is not None else []
        return replace(made, remarks=(*made.remarks, *busy, *_left_over(states, state)))

    try:
        yield others
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _holder(states: StateStore) -> LockInfo | None:
    """Return who holds the lock; `None` also where no one can say: whether the state can be read matters."""
    try:
        return await states.seen_holder()
    except Failure:
        return None


def _busy(holder: LockInfo) -> str:
    who = f"{holder.operation} of {holder.who}, since {holder.created}, ID {holder.id}"
    return (
        f"another run has locked the state ({who if holder.id else 'it has not said who it is'}): what it "
        "changes meanwhile may be missing here. Look again once it has ended"
    )


def _left_over(states: StateStore, state: State) -> tuple[str, ...]:
    """Return a warning for each file that an earlier run left."""
    try:
        return tuple(map(_left, states.left_over(state)))
    except Failure as failure:
        return (f"{failure.summary}; {failure.hint}",)


def _left(left: LeftOver) -> str:
    count = f"{left.records} record{'' if left.records == 1 else 's'}"
    return (
        f"an earlier run here did what the state does not have: {count} in {left.path}. The next run that "
        "writes takes them in, or says why not; to record them now: reconciler state recover"
    )
