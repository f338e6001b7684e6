"""The lock of a state, seen and freed from outside."""

from __future__ import annotations

from reconciler.app.options import Options
from reconciler.app.states.places import own_store
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.holder import LockInfo


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock of the state in `place`. `holder` is `None` where it is free."""

    place: str
    holder: LockInfo | None


async def state_lock(options: Options) -> Lock:
    """Return who holds the lock of the state. Raises `Failure`."""
    states = own_store(options)
    return Lock(states.place, await states.holder())


async def unlock_state(options: Options, run_id: str) -> Lock:
    """Free the lock of the run with exactly this ID; return who held it. Raises `Failure`."""
    states = own_store(options)
    return Lock(states.place, await states.force_unlock(run_id))
