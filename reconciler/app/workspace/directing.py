"""What a configuration says of the record alone (`moved`, `removed`), for the state that there is."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from reconciler.engine.planning.relocating import asked
from reconciler.model.desired import DesiredState
from reconciler.model.failure import Cause, Failure
from reconciler.model.relocation import BadMove
from reconciler.model.state import State
from reconciler.sdk.address import Address
from reconciler.sdk.globs import matches


def moves_asked(desired: DesiredState, state: State) -> Mapping[Address, Address]:
    """Return recorded address -> address that it is to have. Raises `Failure` where two would be one."""
    try:
        return asked(desired.moved, state.resources)
    except BadMove as error:
        raise Failure(Cause.CONFIGURATION, str(error), hint=error.hint) from None


def without(state: State, gone: Set[Address]) -> State:
    """Return the state without these records."""
    if not gone:
        return state
    return replace(state, resources={a: entry for a, entry in state.resources.items() if a not in gone})


def to_forget(desired: DesiredState, state: State) -> frozenset[Address]:
    """Return the recorded addresses whose records are to go."""
    globs = [forgetting.glob for forgetting in desired.removed]
    texts = {str(address): address for address in state.resources} if globs else {}
    return frozenset(a for text, a in texts.items() if any(matches(glob, text) for glob in globs))
