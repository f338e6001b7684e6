"""What earlier runs on this machine did and could not record: said before the next run takes it in."""

from __future__ import annotations

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.failure import Failure
from reconciler.model.state import State
from reconciler.statestore.ports import LeftOver, StateStore

CODE = "unrecorded"


def leftover_warnings(states: StateStore, state: State) -> tuple[Diagnostic, ...]:
    """Return a warning for each file that such a run left."""
    try:
        return tuple(map(_warning, states.left_over(state)))
    except Failure as failure:
        return (Diagnostic(Severity.WARNING, CODE, failure.summary, hint=failure.hint),)


def _warning(left: LeftOver) -> Diagnostic:
    count = f"{left.records} record{'' if left.records == 1 else 's'}"
    return Diagnostic(
        Severity.WARNING,
        CODE,
        f"an earlier run here did what the state does not have: {count} in {left.path}",
        hint="the next run that writes takes them in, or says why not; or now: reconciler state recover",
    )
