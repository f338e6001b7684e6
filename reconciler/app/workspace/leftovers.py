"""What earlier runs on this machine did and could not record: said before the next run takes it in."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.failure import Failure
from reconciler.model.plan import Plan
from reconciler.model.state import State
from reconciler.statestore.ports import LeftOver, StateStore


def with_leftovers(made: Plan, states: StateStore, state: State) -> Plan:
    """Return a plan with a warning for each file that such a run left."""
    try:
        found = tuple(map(_warning, states.left_over(state)))
    except Failure as failure:
        found = (f"{failure.summary}; {failure.hint}",)
    return replace(made, warnings=(*made.warnings, *found)) if found else made


def _warning(left: LeftOver) -> str:
    count = f"{left.records} record{'' if left.records == 1 else 's'}"
    return (
        f"an earlier run here did what the state does not have: {count} in {left.path}. The next run that "
        "writes takes them in, or says why not; to record them now: reconciler state recover"
    )
