"""Which state a command is about: that of the options, or another one that is named."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from reconciler.app.options import Options
from reconciler.app.workspace.configuring import state_place, store
from reconciler.config.operating.reading import load_operator
from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import LocalPlace
from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.failures import Damaged


def own_store(options: Options) -> StateStore:
    """Return the store alone: the state must be reachable also while the configuration is broken."""
    return store(options, load_operator(options.root).state)


def other_store(options: Options, path: Path) -> StateStore:
    """Return another state: where the directory has YAML files, that of the configuration in it, else the one
    in the directory itself. Raises `Failure` where it is the same one.
    """
    configured = None
    if any(path.glob("*.yaml")) or any(path.glob("*.yml")):
        there = replace(options, root=path, state_path=None)
        configured = load_operator(path).state
    else:
        there = replace(options, root=Path(), state_path=path)
    ours = _identity(options, state_place(options, load_operator(options.root).state))
    if _identity(there, state_place(there, configured)) == ours:
        raise Failure(Cause.USAGE, f"{path} is the state that the resources are moved out of")
    return store(there, configured)


def _identity(options: Options, place: object) -> object:
    """Return what two names of one place have in common."""
    return os.path.realpath(options.root / place.path) if isinstance(place, LocalPlace) else place


async def damage(states: StateStore) -> str:
    """Return what is wrong with a damaged State, whose place another may take. Raises `Failure`."""
    try:
        await states.read()
    except Damaged as failure:
        return failure.summary
    return ""
