"""The past of a state: the generation that an undo goes back to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Undo
from reconciler.model.state import Generation, State
from reconciler.statestore.ports import StateStore


@dataclass(frozen=True, slots=True)
class Past:
    """A kept generation, and what it recorded."""

    to: Undo
    state: State


async def look_back(states: StateStore, recorded: State, count: int) -> Past | None:
    """Return what was applied `count` generations before what is `recorded`; `None` for 0.

    A run that died before its end counts as a generation: the last snapshot is then what was before it.
    Raises `Failure` where that generation is not kept, or cannot be read.
    """
    if not count:
        return None
    kept = [item for item in await states.history() if item.serial <= recorded.serial]
    unfinished = bool(kept) and await _is_unfinished(states, recorded)
    place = count - 1 if unfinished else count
    if place >= len(kept):
        raise _too_far(count, kept)
    found = kept[place]
    saved = found.saved
    undo = Undo(found.serial, saved.at, saved.by, saved.operation) if saved else Undo(found.serial)
    return Past(undo, await states.generation(found.serial))


async def _is_unfinished(states: StateStore, recorded: State) -> bool:
    snapshot = await states.generation(recorded.serial)
    return snapshot.resources != recorded.resources


def _too_far(count: int, kept: Sequence[Generation]) -> Failure:
    back = f"{count} generation{'s' if count != 1 else ''}"
    if len(kept) <= 1:
        return Failure(
            Cause.USAGE,
            f"cannot go back {back}: nothing was applied before what is recorded now",
            hint="to remove everything that is recorded, run: reconciler destroy",
        )
    oldest, newest = kept[-1].serial, kept[0].serial
    return Failure(
        Cause.USAGE,
        f"cannot go back {back}: the oldest generation that is kept is serial {oldest}, and the state is at "
        f"serial {newest}",
        hint=f"to go back as far as possible: reconciler plan --undo {len(kept) - 1}; all of them: "
        "reconciler state history",
    )
