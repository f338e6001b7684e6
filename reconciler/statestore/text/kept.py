"""Kept snapshots: what each says of itself, and the checks that are the same wherever one is kept."""

from __future__ import annotations

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Check, Generation, State
from reconciler.statestore.text.codec import decode
from reconciler.statestore.text.fields import Unreadable


def generation_of(serial: int, data: bytes, size: int | None = None) -> Generation:
    """Return what a kept snapshot says of itself. `size` is how many bytes are stored, if not those of its
    text.
    """
    size = len(data) if size is None else size
    try:
        state = read_kept(serial, data)
    except Unreadable as error:
        return Generation(serial, size, problem=str(error))
    return Generation(serial, size, state.saved, len(state.resources))


def read_kept(serial: int, data: bytes) -> State:
    """Return the State in the text that was kept under this serial. Raises `Unreadable`."""
    state = decode(data)
    if state.serial != serial:
        raise Unreadable(f"it holds serial {state.serial}")
    return state


def checked(part: str, serial: int, data: bytes, now: State | None) -> Check:
    """Return the check of the snapshot that was kept under this serial. `now` is the State that counts, if
    that can be read: a snapshot of its serial must say the same.
    """
    try:
        state = read_kept(serial, data)
    except Unreadable as error:
        return Check(part, "", str(error))
    lineage = "" if now is None or state.lineage == now.lineage else f", of the lineage {state.lineage}"
    differs = now is not None and state.serial == now.serial and not _same(state, now)
    problem = "it differs from the snapshot that counts, of the same serial" if differs else None
    return Check(part, f"{says(state)}{lineage}", problem)


def says(state: State) -> str:
    """Return what a State holds, for people: `serial 41, 12 resources`."""
    number = len(state.resources)
    return f"serial {state.serial}, {number} resource{'' if number == 1 else 's'}"


class MovedAway(Failure):
    """Ends a run that finds a State which was moved to another place: `to`.

    `lineage` is the State's, or "" where the place does not say it.
    """

    def __init__(self, place: str, to: str, lineage: str) -> None:
        super().__init__(
            Cause.FOREIGN_STATE,
            f"the state was moved from {place} to {to}",
            hint=f"Let `state` in reconciler.yaml say {to}, or move it back: `reconciler state migrate`.",
        )
        self.to = to
        self.lineage = lineage


def not_moved(place: str) -> Failure:
    """Return the failure of clearing a place whose State was not moved away."""
    return Failure(Cause.USAGE, f"the state in {place} was not moved away: nothing is removed")


def missing(serial: int, place: str) -> Failure:
    """Return the failure for a serial of which no snapshot is kept."""
    return Failure(
        Cause.USAGE,
        f"no snapshot of serial {serial} is kept in {place}",
        hint="See `reconciler state history`.",
    )


def _same(one: State, other: State) -> bool:
    return (one.lineage, one.clusters, one.resources) == (other.lineage, other.clusters, other.resources)
