"""Moving the state to another place: everything is copied and read back before the old place gives it up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reconciler.app.options import Options
from reconciler.app.workspace.locking import locked
from reconciler.app.workspace.opening import state_place
from reconciler.config.operator import load_operator
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.model.state_place import LocalPlace, StatePlace
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.factory import open_store
from reconciler.statestore.ports import Session, StateStore
from reconciler.statestore.text.kept import MovedAway

_OPERATION = "state migrate"


@dataclass(frozen=True, slots=True)
class Migrated:
    """A state that was moved: the places, the serials that were copied, and those that could not be."""

    source: str
    target: str
    serials: tuple[int, ...]
    damaged: tuple[int, ...]


async def migrate_state(options: Options, *, to: str | None = None, source: str | None = None) -> Migrated:
    """Move the state from the configured place `to` another, or from `source` to the configured place.

    Each names a directory, or a YAML file whose `state` section says the place. What was interrupted can be
    repeated. Raises `Failure`; the old place then still has the state.
    """
    configured = state_place(options, load_operator(options.root).state)
    other = _place(options, to or source or "")
    begin, end = (configured, other) if to is not None else (other, configured)
    stores = [_open(options, begin), _open(options, end)]
    if stores[0].place == stores[1].place:
        raise Failure(Cause.USAGE, f"the state is in {stores[0].place} already", hint="Name another place.")
    return await _moved(*stores)


async def _moved(source: StateStore, target: StateStore) -> Migrated:
    async with locked(source, _OPERATION) as old:
        await old.commit()  # what a run that died left becomes part of the newest generation
        states, damaged = await _generations(source)
        if not states:
            raise Failure(Cause.NOTHING_RECORDED, f"there is no state in {source.place}")
        await _make_room(target, source.place)
        async with locked(target, _OPERATION) as new:
            await _copy(target, new, states)
        await _check(target, states)
        await old.leave(target.place)
    return Migrated(source.place, target.place, tuple(one.serial for one in states), damaged)


async def _generations(source: StateStore) -> tuple[list[State], tuple[int, ...]]:
    """Return the kept generations, oldest first, and the serials of those that cannot be read."""
    kept = await source.history()
    if kept and kept[0].problem is not None:
        raise Failure(Cause.STATE_UNREADABLE, f"serial {kept[0].serial} cannot be read: {kept[0].problem}")
    whole = [await source.generation(one.serial) for one in reversed(kept) if one.problem is None]
    return whole, tuple(one.serial for one in kept if one.problem is not None)


async def _make_room(target: StateStore, source: str) -> None:
    """Clear a place from which the state once moved to where it is now: it comes back."""
    try:
        await target.read()
    except MovedAway as moved:
        if moved.to != source:
            raise
        await target.clear()


async def _copy(target: StateStore, new: Session, states: Sequence[State]) -> None:
    """Copy into an empty place, or accept one that an interrupted migration filled already."""
    there = await target.history()
    if not there:
        await new.copy(states)
    elif new.state.lineage != states[-1].lineage or new.state.serial != states[-1].serial:
        raise Failure(
            Cause.FOREIGN_STATE,
            f"there is another state in {target.place}",
            detail=f"lineage {new.state.lineage}, serial {new.state.serial}",
            hint="Choose an empty place.",
        )


async def _check(target: StateStore, states: Sequence[State]) -> None:
    """Read everything back. Raises `Failure` where it is not what was copied."""
    for check in await target.verify():
        if check.problem is not None:
            raise _differs(target, f"{check.part}: {check.problem}")
    for state in states:
        if await target.generation(state.serial) != state:
            raise _differs(target, f"serial {state.serial} differs")


def _differs(target: StateStore, why: str) -> Failure:
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"what was copied to {target.place} cannot be read back: {why}",
        hint="The state is still where it was. Choose another place.",
    )


def _place(options: Options, text: str) -> StatePlace:
    """Return the place in a YAML file, or the directory that a path names."""
    path = Path(text)
    if path.suffix not in (".yaml", ".yml"):
        return LocalPlace(text)
    found = load_operator(options.root / path.parent, path.name).state
    if found is None:
        raise Failure(Cause.USAGE, f"{text} has no `state` section", hint="Write the new place there.")
    return found


def _open(options: Options, place: StatePlace) -> StateStore:
    return open_store(place, lock_timeout=options.lock_timeout, root=options.root, environ=options.environ)
