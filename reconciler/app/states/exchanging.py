"""A whole State out of its store, and into it: `state pull` and `state push`."""

from __future__ import annotations

import json

from reconciler.app.options import Options
from reconciler.app.states.differences import Differences, differences
from reconciler.app.states.places import damage, own_store
from reconciler.app.workspace.locking import locked
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.text import codec
from reconciler.statestore.text.fields import Unreadable

_FORCE = "if it is really to take its place, add --force"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What `push_state` recorded (`None`: nothing differed), what that changed, and what `force` overrode."""

    state: State | None
    changes: Differences
    overridden: tuple[str, ...] = ()


async def pull_state(options: Options) -> bytes | None:
    """Return what is recorded as a snapshot's text; `None` where nothing is. Raises `Failure`.

    What a run that is active, or died, has not committed yet is part of it.
    """
    state = await own_store(options).read()
    return codec.encode(state) if state.lineage or state.resources else None


async def push_state(options: Options, data: bytes, name: str, *, force: bool) -> Pushed:
    """Record the State of a snapshot's text as the next serial. `name` is where the text is from.

    Refused without `force`: another lineage, an older serial, the same serial with another content, and a
    text that was edited. Raises `Failure`.
    """
    state, edited = _read(data, name, force=force)
    states = own_store(options)
    broken = await damage(states) if force else ""
    async with locked(states, "state push", damaged=bool(broken)) as session:
        now = session.state
        changes = differences(now, state)
        if not changes and now.serial == state.serial and not broken:
            return Pushed(None, changes)
        objections = [broken] if broken else list(_objections(now, state, changes))
        if objections and not force:
            raise _refused(name, objections[0], now, state)
        return Pushed(await session.replace(state), changes, (*edited, *objections))


def _read(data: bytes, name: str, *, force: bool) -> tuple[State, tuple[str, ...]]:
    try:
        return codec.decode(data), ()
    except Unreadable as error:
        if error.newer or not force:
            raise _unreadable(data, name, error) from error
    try:
        return codec.decode_edited(data), ("its checksum does not match its content",)
    except Unreadable as error:
        raise _unreadable(data, name, error) from error


def _unreadable(data: bytes, name: str, error: Unreadable) -> Failure:
    if _is_of_terraform(data):
        return _of_terraform(name)
    edited = not error.newer and _is_edited(data)
    hint = "if it was edited on purpose, add --force" if edited else "see `reconciler state pull`"
    return Failure(Cause.STATE_UNREADABLE, f"{name} cannot be recorded: {error}", hint=hint)


def _of_terraform(name: str) -> Failure:
    return Failure(
        Cause.STATE_UNREADABLE,
        f"{name} is a state of Terraform, which cannot be recorded here",
        detail="Its resources are of Terraform's providers; nothing was changed.",
        hint="declare what it manages, and apply: what exists as declared is adopted, not created again. "
        "Then take it out of Terraform's state: terraform state rm",
    )


def _is_of_terraform(data: bytes) -> bool:
    """Say whether Terraform or OpenTofu wrote this. What the backend `http` sends only looks like that."""
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(raw, dict)
        and "terraform_version" in raw
        and not {"format_version", "reconciler"} & raw.keys()
    )


def _is_edited(data: bytes) -> bool:
    try:
        codec.decode_edited(data)
    except Unreadable:
        return False
    return True


def _objections(now: State, state: State, changes: Differences) -> list[str]:
    """Return what speaks against recording this State in place of the one that is recorded now."""
    if not now.serial and not now.resources:
        return []
    if state.lineage != now.lineage:
        return ["it is of another lineage: another state altogether"]
    if state.serial < now.serial:
        return ["it is older than what is recorded"]
    if state.serial == now.serial and changes:
        return ["what is recorded has the same serial and another content"]
    return []


def _refused(name: str, why: str, now: State, state: State) -> Failure:
    return Failure(
        Cause.REFUSED,
        f"{name} was not recorded: {why}",
        detail=f"recorded: lineage {now.lineage}, serial {now.serial}\n"
        f"{name}: lineage {state.lineage}, serial {state.serial}",
        hint=_FORCE,
    )
