"""The kept snapshots of a state: listed, and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.app.options import Options
from reconciler.app.states.differences import Differences, differences
from reconciler.app.states.places import damage, own_store
from reconciler.app.workspace.locking import locked
from reconciler.model.state import Generation, State
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class History:
    """The kept snapshots of the state in `place`, newest first."""

    place: str
    generations: tuple[Generation, ...]


async def state_history(options: Options) -> History:
    """Return the kept snapshots. Raises `Failure` where they cannot be listed."""
    states = own_store(options)
    return History(states.place, tuple(await states.history()))


@dataclass(frozen=True, slots=True)
class Restoring:
    """A snapshot that takes the place of what is recorded `now`, and what this changes in the record."""

    now: State
    kept: State
    changes: Differences


async def restore_state(
    options: Options, serial: int, approve: Callable[[Restoring], bool]
) -> tuple[Restoring, State | None]:
    """Record again, as the next serial, what the snapshot of this serial records, once it is approved.

    Return the State as it is then, or `None` where that was declined or nothing would change. Raises
    `Failure`.
    """
    states = own_store(options)
    kept = await states.generation(serial)
    async with locked(states, "state restore", damaged=bool(await damage(states))) as session:
        now = session.state
        asked = Restoring(now, kept, differences(now, kept))
        if not asked.changes or not approve(asked):
            return asked, None
        return asked, await session.replace(replace(kept, serial=now.serial))
