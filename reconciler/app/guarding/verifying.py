"""Whether a saved plan is still what would be done: reads, and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reconciler.app.guarding.freshness import differences
from reconciler.app.options import Options
from reconciler.app.planning.plan import plan
from reconciler.app.planning.planfile import load_plan
from reconciler.app.planning.recalling import recalled
from reconciler.model.failure import Cause, Failure
from reconciler.model.guarding.limits import Allowed
from reconciler.model.guarding.verified import Freshness, Verified
from reconciler.model.plan import Plan


async def verify_plan(options: Options, path: Path) -> Verified:
    """Plan as the saved plan was made, and compare. Raises `Failure` where that is not possible."""
    saved = load_plan(path)
    try:
        given = recalled(options, saved)
    except Failure as failure:
        if failure.cause is not Cause.STALE_PLAN:
            raise
        return Verified(Freshness.STALE, saved.fingerprint, "", (failure.summary,))
    given = replace(given, allowed=Allowed(saved.allow_delete, saved.allow_change))
    now = (await plan(given, saved.mode, saved.selection)).plan
    if saved.digest == now.digest:
        return Verified(Freshness.FRESH, saved.fingerprint, now.fingerprint)
    found = _unread(saved, now)
    state = Freshness.UNKNOWN if found else Freshness.STALE
    return Verified(state, saved.fingerprint, now.fingerprint, tuple(found or differences(saved, now)))


def _unread(saved: Plan, now: Plan) -> list[str]:
    """Return why it is not known whether the plan is fresh: what was read for it and cannot be read now."""
    clusters = [
        f"{name}: {seen.problem}"
        for name, seen in now.clusters.items()
        if seen.problem and not (name in saved.clusters and saved.clusters[name].problem)
    ]
    known = {item.address for item in saved.deferred}
    objects = [
        f"{item.address}: {item.because}"
        for item in now.deferred
        if item.address not in known and not item.is_dependent
    ]
    return clusters or objects
