"""The failures of a shared state, worded once: what, where, why, and what to do."""

from __future__ import annotations

from reconciler.model.failure import Cause, Failure
from reconciler.statestore.holder import LockInfo

NOTHING_TO_FREE = "The run ended, or its lock expired; there is nothing to unlock."
_REPLACE = (
    "Bring back another generation (`reconciler state history`, then `reconciler state restore SERIAL`), or "
    "a copy of the state: `reconciler state push --force FILE`."
)
NO_HEAD = (
    "Without it no generation can be found. Put a copy of the state in its place: "
    "`reconciler state push --force FILE`; or rebuild the state in a new place: `reconciler state rebuild`."
)
REACH = "Make the server reachable, then run again."


class Damaged(Failure):
    """What is stored was read and cannot be trusted: another State may take its place."""


def locked(place: str, holder: LockInfo) -> Failure:
    """Return the failure of a run that finds the lock held."""
    end = f"`reconciler force-unlock {holder.id}`" if holder.id else "`reconciler force-unlock`"
    return Failure(
        Cause.STATE_LOCKED,
        f"the state in {place} is locked by another run",
        detail=holder.lines() or "The owner has not said who it is.",
        hint=f"Wait for it to end: --lock-timeout 2m. If that run is dead: {end}.",
    )


def lost(place: str, why: str) -> Failure:
    """Return the failure of a run whose lock is not its own any more."""
    return Failure(
        Cause.STATE_LOCKED,
        f"this run lost its lock on the state in {place}: {why}",
        hint="Nothing more is written. Make sure that no other run is active, then run apply again.",
    )


def unreachable(place: str, why: str) -> Failure:
    """Return the failure of a write that could not be made, or of which no one knows whether it was."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot write the state in {place}: {why}",
        hint="Make the server reachable, then run apply again: it goes on from what was recorded.",
    )


def not_reached(place: str, why: str) -> Failure:
    """Return the failure of a server that gives no answer before anything is begun."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot reach the state in {place}: {why}",
        hint="Check `state:` in reconciler.yaml, and that the server runs and can be reached from here. "
        "Nothing was changed.",
    )


def not_fenced(place: str) -> Failure:
    """Return the failure of freeing a lock where the server went away before the head was replaced."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"the lock of the state in {place} was freed, but whether the run that had it can still write "
        "is not known",
        detail="The server did not answer.",
        hint="Make sure that this run is dead, or run any command that writes the state, such as apply: "
        "from its start on, no other run can write.",
    )


def unreadable(place: str, key: str, why: str, hint: str = "", *, other: str = _REPLACE) -> Failure:
    """Return the failure of a document that cannot be used; `Damaged` where no `hint` says how it can be.
    `other` says how another State takes its place.
    """
    kind = Failure if hint else Damaged
    summary = f"cannot use {key} of the state in {place}: {why}"
    return kind(Cause.STATE_UNREADABLE, summary, hint=hint or other)
