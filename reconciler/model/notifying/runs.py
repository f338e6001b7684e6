"""The news of each kind of run."""

from __future__ import annotations

from collections import Counter

from reconciler.model.auditing.counting import counts_of
from reconciler.model.drifting.report import DriftReport
from reconciler.model.event import Failed, Outcome, Skipped, Unconfirmed
from reconciler.model.notifying.news import News
from reconciler.model.plan import Mode, Plan
from reconciler.model.verdict.value import Verdict

_OPERATIONS = {Mode.NORMAL: "apply", Mode.REFRESH_ONLY: "refresh"}


def operation_of(mode: Mode) -> str:
    """Return what a run of this mode is called."""
    return _OPERATIONS.get(mode, mode.value)


def of_apply(plan: Plan, outcome: Outcome, verdict: Verdict, configuration: str | None = None) -> News:
    """Return the news of a run that wrote, or tried to. `configuration` is as in `News`."""
    failed: tuple[Failed | Unconfirmed | Skipped, ...]
    failed = (*outcome.failed, *outcome.unconfirmed, *outcome.skipped)
    return News(
        operation_of(plan.mode),
        verdict,
        plan.fingerprint,
        outcome.serial,
        counts_of(outcome),
        addresses=tuple(str(event.address) for event in failed),
        configuration=configuration,
    )


def of_drift(
    plan: Plan, report: DriftReport | None, verdict: Verdict, configuration: str | None = None
) -> News:
    """Return the news of a look for drift. `configuration` is as in `News`."""
    items = report.items if report is not None else ()
    return News(
        "drift",
        verdict,
        serial=plan.serial,
        drift=Counter(item.kind.value for item in items),
        addresses=tuple(dict.fromkeys(str(item.address) for item in items)),
        configuration=configuration,
    )
