"""Guards of old states: what stops a run whose state is older than one that a cluster has seen. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.sdk.marks.serials import SeenMarks, SerialMark

_WAYS = (
    "look for the newer one: reconciler state history, or reconciler state pull where it is kept; where it "
    "is lost, run: reconciler state rebuild; to go on with this one: --ignore-marks"
)


def check_newest(state: State, name: str | None, seen: SeenMarks, place: str) -> None:
    """Raise `Failure` where a cluster has seen a newer state of this lineage, or where there is no state in
    `place` and a cluster has seen one of the configuration of this name.
    """
    found = newest(state, name, seen)
    if found is None:
        return
    cluster, mark = found
    when = f", saved {mark.at}" if mark.at else ""
    if state.serial:
        raise Failure(
            Cause.REFUSED,
            f"the state is older than one that {cluster} has seen: serial {state.serial}, and there was "
            f"{mark.serial}",
            detail=f"{cluster} has seen serial {mark.serial}{when}; the state in {place} has the same "
            f"lineage {mark.lineage}",
            hint=_WAYS,
        )
    raise Failure(
        Cause.REFUSED,
        f'there is no state in {place}, and {cluster} has seen one of the configuration "{name}"',
        detail=f"{cluster} has seen serial {mark.serial}{when}, lineage {mark.lineage}",
        hint=_WAYS,
    )


def newest(state: State, name: str | None, seen: SeenMarks) -> tuple[str, SerialMark] | None:
    """Return the cluster with the newest mark that is newer than the state, and that mark."""
    found = sorted(_newer(state, name, seen), key=lambda one: (one[1].serial, one[1].at, one[0]))
    return found[-1] if found else None


def _newer(state: State, name: str | None, seen: SeenMarks) -> Iterator[tuple[str, SerialMark]]:
    for cluster, marks in seen.marks.items():
        for mark in marks:
            same = (
                mark.lineage == state.lineage if state.serial else bool(name) and mark.configuration == name
            )
            if same and mark.serial > state.serial:
                yield cluster, mark
