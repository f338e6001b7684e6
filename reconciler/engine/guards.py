"""Guards: what stops a run before anything is written. Pure: they look at values and raise, or do nothing.

A guard is about a run as a whole. What stops a single action is decided with the action: see `planner`.
"""

from __future__ import annotations

from collections.abc import Collection

from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan
from reconciler.model.state import State
from reconciler.sdk.address import Address


def check_not_empty(declared: Collection[Address], state: State, mode: Mode) -> None:
    """An empty configuration is more often a wrong directory than a wish to delete everything."""
    held = len(state.resources)
    if mode is Mode.NORMAL and held and not declared:
        raise Failure(
            Cause.REFUSED,
            f"the configuration declares no resource, and the state records {held}",
            detail="planning this would remove every one of them",
            hint="check -C and -f; if everything is to go, run: reconciler destroy",
        )


def check_something_recorded(plan: Plan) -> None:
    """Whether there is drift cannot be told of what is not recorded: nothing says what it was."""
    if plan.mode is not Mode.REFRESH_ONLY or plan.looked_at or not plan.not_recorded:
        return
    declared = len(plan.not_recorded)
    which = "the resource that is" if declared == 1 else f"any of the {declared} resources that are"
    narrowed = " and selected" if plan.selection.targets or plan.selection.excludes else ""
    raise Failure(
        Cause.NOTHING_RECORDED,
        f"the state records nothing of {which} declared{narrowed}, so drift cannot be told",
        detail="Drift is the difference between what was applied and what is there now.",
        hint="give the state that the configuration was applied with (--state DIR); where there is none yet, "
        "run: reconciler plan, and then: reconciler apply",
    )
