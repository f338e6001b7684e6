"""Ownership: which configuration a run is of, in words that a state can keep and compare."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from reconciler.engine.guards import Claim
from reconciler.model.desired import DesiredState
from reconciler.model.state import Owner, State


def claim(read: Iterable[str], desired: DesiredState, state: State, place: Path) -> Claim:
    """Return who asks for this state: the configuration of the files that were `read`, with their names
    relative to `place`, where the state is.
    """
    files = tuple(sorted({_relative(Path(name), place) for name in read}))
    recorded = state.owner or Owner()
    owner = Owner(desired.name, files, recorded.former)
    return Claim(owner, tuple(_left_out(recorded.files, files, place)), str(place))


def kept(asked: Claim, state: State) -> Owner | None:
    """Return the owner to record, or `None` where the state has it already.

    Files that exist and were not read this time are still part of it.
    """
    owner = replace(asked.owner, files=tuple(sorted({*asked.owner.files, *asked.left_out})))
    return owner if owner != state.owner else None


def is_new(asked: Claim, state: State) -> bool:
    """Say whether the state does not yet record its owner, or not the owner's name."""
    return state.owner is None or state.owner.name != asked.owner.name


def _relative(path: Path, place: Path) -> str:
    return os.path.relpath(os.path.realpath(path), os.path.realpath(place))


def _left_out(recorded: Iterable[str], files: Iterable[str], place: Path) -> Iterable[str]:
    real = os.path.realpath(place)
    return sorted(name for name in {*recorded} - {*files} if os.path.isfile(os.path.join(real, name)))
