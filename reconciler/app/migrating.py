"""Moving the state to another place: everything is copied and read back before the old place gives it up."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from reconciler.app.options import Options
from reconciler.app.workspace.configuring import claimed_place, state_place
from reconciler.app.workspace.locking import locked
from reconciler.app.workspace.origin import origin_of
from reconciler.app.workspace.ownership import as_seen_from
from reconciler.config.operating.reading import load_operator, parse_operator
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Owner, State
from reconciler.model.state_place import LocalPlace, StatePlace, is_address
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

    Each names a directory, or the keys and values of a `state` section (`backend=consul,path=teams/a`). What
    was interrupted can be repeated. Raises `Failure`; the old place then still has the state.
    """
    configured = state_place(options, load_operator(options.root).state)
    other = _place(to or source or "", "--to" if to is not None else "--from")
    begin, end = (configured, other) if to is not None else (other, configured)
    old, new = _open(options, begin), _open(options, end)
    if old.place == new.place:
        raise Failure(Cause.USAGE, f"the state is in {old.place} already", hint="Name another place.")
    before, now = claimed_place(options, begin), claimed_place(options, end)
    return await moved(old, new, lambda owner: as_seen_from(owner, before, now))


async def moved(source: StateStore, target: StateStore, claims: Callable[[Owner], Owner]) -> Migrated:
    """Move a state, of which `claims` says who owns it in its new place. Raises `Failure`."""
    async with locked(source, _OPERATION) as old:
        await old.commit()  # what a run that died left becomes part of the newest generation
        states, damaged = await _generations(source)
        if not states:
            raise Failure(Cause.NOTHING_RECORDED, f"there is no state in {source.place}")
        await _make_room(target, source.place, states[-1].lineage)
        async with locked(target, _OPERATION) as new:
            await _copy(target, new, states, (await source.audit()).lines)
        await _check(target, states)
        await _claim(target, claims)
        await old.leave(target.place)
    return Migrated(source.place, target.place, tuple(one.serial for one in states), damaged)


async def _generations(source: StateStore) -> tuple[list[State], tuple[int, ...]]:
    """Return the kept generations, oldest first, and the serials of those that cannot be read."""
    kept = await source.history()
    if kept and kept[0].problem is not None:
        raise Failure(Cause.STATE_UNREADABLE, f"serial {kept[0].serial} cannot be read: {kept[0].problem}")
    whole = [await source.generation(one.serial) for one in reversed(kept) if one.problem is None]
    return whole, tuple(one.serial for one in kept if one.problem is not None)


async def _make_room(target: StateStore, source: str, lineage: str) -> None:
    """Clear a place that this state once left: it comes back, by whichever way."""
    try:
        await target.read()
    except MovedAway as moved:
        if moved.to != source and moved.lineage != lineage:
            raise
        await target.clear()


async def _copy(target: StateStore, new: Session, states: Sequence[State], audit: Sequence[str]) -> None:
    """Copy into an empty place, or accept one that an interrupted migration filled already."""
    there = await target.history()
    if not there:
        await new.copy(states, audit)
    elif new.state.lineage != states[-1].lineage or new.state.serial < states[-1].serial:
        raise Failure(
            Cause.FOREIGN_STATE,
            f"there is another state in {target.place}",
            detail=f"lineage {new.state.lineage}, serial {new.state.serial}",
            hint="Choose an empty place.",
        )


async def _claim(target: StateStore, claims: Callable[[Owner], Owner]) -> None:
    async with locked(target, _OPERATION) as new:
        if new.state.owner is not None:
            await new.owned(claims(new.state.owner))
            await new.commit()


async def _check(target: StateStore, states: Sequence[State]) -> None:
    """Read everything back. Raises `Failure` where it is not what was copied."""
    for check in await target.verify():
        if check.problem is not None:
            raise _differs(target, f"{check.part}: {check.problem}")
    there = {one.serial for one in await target.history()}
    for state in [one for one in states if one.serial in there or one is states[-1]]:
        if await target.generation(state.serial) != state:
            raise _differs(target, f"serial {state.serial} differs")


def _differs(target: StateStore, why: str) -> Failure:
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"what was copied to {target.place} cannot be read back: {why}",
        hint="The state is still where it was. Choose another place.",
    )


def _place(text: str, option: str) -> StatePlace:
    """Return the place that `KEY=VALUE,...` names, or else the directory of this path. Raises `Failure`,
    which does not repeat the text: it may have a credential.
    """
    if "=" not in text or is_address(text):
        return LocalPlace(text)
    try:
        found = parse_operator(_section(text), option).state
    except Failure as failure:
        problems = tuple(replace(one, position=None, source=None) for one in failure.diagnostics)
        raise Failure(failure.cause, failure.summary, diagnostics=problems) from None
    assert found is not None
    return found


def _section(text: str) -> str:
    """Return `backend=consul,path=teams/a` as a `state` section."""
    pairs = (pair.partition("=") for pair in text.split(","))
    values = {key.strip(): {"true": True, "false": False}.get(value, value) for key, _, value in pairs}
    return json.dumps({"state": values})


def _open(options: Options, place: StatePlace) -> StateStore:
    return open_store(
        place,
        lock_timeout=options.lock_timeout,
        root=options.root,
        environ=options.environ,
        origin=partial(origin_of, options),
    )
