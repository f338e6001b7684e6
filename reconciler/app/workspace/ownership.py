"""Ownership: which configuration a run is of, in words that a state can keep and compare."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from reconciler.engine.guards import Claim
from reconciler.model.desired import DesiredState
from reconciler.model.state import Owner, State
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ClaimedPlace:
    """Where a state is, for people (`shown`), and the directory that names of files are relative to: that of
    the state, so that a checkout may move; of a state on a server that of the configuration, so that every
    checkout names the same files. `seen_from` names that directory where it is not the state's.
    """

    shown: str
    directory: Path
    seen_from: str = ""


def claim(read: Iterable[str], desired: DesiredState, state: State, place: ClaimedPlace) -> Claim:
    """Return who asks for the state at `place`: the configuration of the files that were `read`."""
    files = tuple(sorted({_relative(Path(name), place.directory) for name in read}))
    recorded = state.owner or Owner()
    owner = Owner(desired.name, files, recorded.former)
    return Claim(
        owner, tuple(_left_out(recorded.files, files, place.directory)), place.shown, place.seen_from
    )


def kept(asked: Claim, state: State) -> Owner | None:
    """Return the owner to record, or `None` where the state has it already.

    Files that exist and were not read this time are still part of it.
    """
    owner = replace(asked.owner, files=tuple(sorted({*asked.owner.files, *asked.left_out})))
    return owner if owner != state.owner else None


def is_new(asked: Claim, state: State) -> bool:
    """Say whether the state does not yet record its owner, or not the owner's name."""
    return state.owner is None or state.owner.name != asked.owner.name


def as_seen_from(owner: Owner, before: ClaimedPlace, now: ClaimedPlace) -> Owner:
    """Return an owner of a state that moves from one place to another: its files are the same ones."""
    files = {_relative(before.directory / name, now.directory) for name in owner.files}
    return replace(owner, files=tuple(sorted(files)))


def _relative(path: Path, place: Path) -> str:
    return os.path.relpath(os.path.realpath(path), os.path.realpath(place))


def _left_out(recorded: Iterable[str], files: Iterable[str], place: Path) -> Iterable[str]:
    real = os.path.realpath(place)
    return sorted(name for name in {*recorded} - {*files} if os.path.isfile(os.path.join(real, name)))
