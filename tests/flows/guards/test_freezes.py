"""Freezes: what would write is refused meanwhile, what only looks goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.failure import Failure
from reconciler.model.guarding.permits import Permits
from reconciler.model.plan import Mode, Selection
from tests.support.lab import Lab

BEFORE, DURING = datetime(2026, 12, 20, 17, tzinfo=UTC), datetime(2026, 12, 21, tzinfo=UTC)
FREEZE = 'freeze: [{from: "2026-12-20T18:00Z", until: "2027-01-04T06:00Z", reason: holidays}]\n'
SETUP = "peerings: [{between: [dc1, dc2]}]\n"


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + SETUP)
    await lab.apply()
    lab.write(FREEZE, "reconciler.yaml")
    lab.write(lab.clusters_yaml() + SETUP + "service_defaults: {dc1: {api: {protocol: http}}}\n")
    lab.given = {"clock": lambda: DURING}
    lab.clear()
    return lab


@pytest.mark.parametrize("mode", [Mode.NORMAL, Mode.DESTROY, Mode.REFRESH_ONLY])
async def test_what_would_write_is_refused_with_reason_and_end(mode: Mode, lab: Lab) -> None:
    with pytest.raises(Failure, match=r"a freeze is on: holidays \(until 2027-01-04T06:00\+00:00\)") as shown:
        await lab.apply(mode)
    assert shown.value.exit_code == 4
    assert lab.writes == []


async def test_secrets_are_not_renewed_either(lab: Lab) -> None:
    with pytest.raises(Failure, match="a freeze is on"):
        await lab.rotate()
    assert lab.writes == []


async def test_plan_and_drift_go_on_and_say_so(lab: Lab) -> None:
    for plan in (await lab.plan(), await lab.drift()):
        assert plan.frozen is not None
        assert plan.frozen.reason == "holidays"


async def test_a_plan_from_before_the_freeze_is_fresh_after_it(lab: Lab, tmp_path: Path) -> None:
    lab.given = {"clock": lambda: BEFORE}
    before = await lab.plan()
    lab.given = {"clock": lambda: DURING}
    assert before.frozen is None
    assert (await lab.plan()).digest == before.digest


async def test_a_reason_lifts_it(lab: Lab) -> None:
    lab.given |= {"permits": Permits("outage 4711")}
    done = await lab.apply()
    assert done.outcome is not None
    assert done.outcome.added == 1


async def test_a_freeze_that_begins_while_the_user_is_asked_holds(lab: Lab) -> None:
    now = [BEFORE]

    def approve(_: app.PlanResult) -> bool:
        now[0] += timedelta(hours=1)
        return True

    with pytest.raises(Failure, match="a freeze is on"):
        await app.apply(
            replace(lab.options(), clock=lambda: now[0]),
            Mode.NORMAL,
            Selection(),
            approve=approve,
            observe=lab.events.append,
            stop=app.Stop(),
        )
    assert lab.writes == []
