"""Exit codes, from the same values as the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model.failure import ExitCode

if TYPE_CHECKING:
    from reconciler.model.access_check import AccessCheck
    from reconciler.model.event import Outcome
    from reconciler.model.plan import Plan
    from reconciler.model.reaching.checkup import Checkup


def plan_exit(plan: Plan, *, detailed: bool) -> ExitCode:
    """Return a plan's exit code: 0, or 1 where nothing of what was asked for could be decided. With
    `detailed`: 2 for changes, 1 where something could not be decided. 4 where all of it is held back, or a
    policy blocks something of it.
    """
    from reconciler.model.plan import Mode

    if plan.held_back or plan.breaks_policies:
        return ExitCode.REFUSED
    if not detailed:
        return ExitCode.ERROR if plan.decided_nothing else ExitCode.OK
    if plan.has_changes or (plan.mode is Mode.REFRESH_ONLY and plan.drifted):
        return ExitCode.CHANGES
    return ExitCode.ERROR if plan.deferred else ExitCode.OK


def drift_exit(plan: Plan) -> ExitCode:
    """Return 2 for drift or what is unhealthy; 1 where none was found and not everything could be read."""
    if plan.drifted or plan.unhealthy:
        return ExitCode.CHANGES
    return ExitCode.ERROR if plan.deferred else ExitCode.OK


def apply_exit(plan: Plan, outcome: Outcome | None) -> ExitCode:
    """Return the exit code of an approved apply; `None` is an outcome with nothing to do."""
    applied = outcome.applied + outcome.interim if outcome else 0
    short = ExitCode.PARTIAL if applied else ExitCode.ERROR
    if outcome is not None:
        if outcome.interrupted:
            return ExitCode.INTERRUPTED
        if outcome.failed or outcome.unconfirmed:
            return short
        if outcome.skipped:  # nothing failed: a safety check refused
            return ExitCode.REFUSED
    return short if plan.deferred else ExitCode.OK


def access_exit(check: AccessCheck | None) -> ExitCode:
    """Return 4 where a check of access was asked for and does not pass."""
    return ExitCode.OK if check is None or check.passed else ExitCode.REFUSED


def checkup_exit(checkup: Checkup) -> ExitCode:
    """Return 2 for findings; 1 where there is none and not everything could be read."""
    if checkup.findings:
        return ExitCode.CHANGES
    return ExitCode.ERROR if checkup.unknown else ExitCode.OK
