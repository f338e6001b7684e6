"""The lock of a state, seen and freed from outside."""

from __future__ import annotations

from reconciler.app.options import Options
from reconciler.app.states.places import own_store
from reconciler.app.workspace.locking import locked
from reconciler.model.auditing.entry import BrokenLock
from reconciler.model.failure import Failure
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.ports import StateStore

_OPERATION = "force-unlock"


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock of the state in `place`. `holder` is `None` where it is free. `unlogged` says why the audit
    log does not say that it was freed; empty where it does.
    """

    place: str
    holder: LockInfo | None
    unlogged: str = ""


async def state_lock(options: Options) -> Lock:
    """Return who holds the lock of the state. Raises `Failure`."""
    states = own_store(options)
    return Lock(states.place, await states.holder())


async def unlock_state(options: Options, run_id: str) -> Lock:
    """Free the lock of the run with exactly this ID, and record that in the audit log; return who held it.
    Raises `Failure` where the lock is not free.
    """
    states = own_store(options)
    holder = await states.force_unlock(run_id)
    return Lock(states.place, holder, await _logged(states, holder))


async def _logged(states: StateStore, holder: LockInfo) -> str:
    """Record whose lock was freed; return why that could not be done. The lock is free by now either way."""
    broken = BrokenLock(holder.id, holder.who, holder.operation, holder.created)
    try:
        async with locked(states, _OPERATION) as session:
            await session.unlocked(broken)
    except Failure as failure:
        return failure.summary
    return ""
