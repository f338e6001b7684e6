"""The kept snapshots of a state: listed, verified, and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from reconciler.app.options import Options
from reconciler.app.states.differences import Differences, differences
from reconciler.app.states.places import damage, own_store
from reconciler.app.workspace.locking import locked
from reconciler.model.state import Check, Generation, State
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class History:
    """The kept snapshots of the state in `place`, newest first."""

    place: str
    generations: tuple[Generation, ...]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read in `place` to verify it."""

    place: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether no part has a problem."""
        return not any(check.problem for check in self.checks)


async def state_history(options: Options) -> History:
    """Return the kept snapshots. Raises `Failure` where they cannot be listed."""
    states = own_store(options)
    return History(states.place, tuple(await states.history()))


async def verify_state(options: Options) -> Verified:
    """Read everything that is stored. Raises `Failure` where the place cannot be reached."""
    states = own_store(options)
    return Verified(states.place, tuple(await states.verify()))


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
