"""A look for drift against an earlier one: only what is new is shown and counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler import app
from reconciler.model.drifting.report import DriftChoice, DriftReport, drift_code
from reconciler.model.failure import ExitCode, Failure
from reconciler.model.plan import Selection
from reconciler.render.plan.as_json import plan_value
from tests.flows.drift.conftest import Shop


async def written(lab: Shop) -> Path:
    """Return the file of what `drift --json` prints now."""
    found = await app.drift(lab.options(), Selection())
    path = lab.folder / "baseline.json"
    path.write_text(json.dumps(plan_value(found.plan, "1", drift=found.drift)))
    return path


async def since(lab: Shop, path: Path) -> DriftReport:
    """Look for drift since a baseline."""
    choice = DriftChoice(baseline=app.read_baseline(path))
    found = (await app.drift(lab.options(), Selection(), choice)).drift
    assert found is not None
    return found


async def test_what_the_baseline_has_is_known_and_does_not_count(lab: Shop) -> None:
    await lab.apply()
    lab.deny_and_let_in()

    report = await since(lab, await written(lab))

    assert (report.items, report.known, report.gone) == ((), 2, 0)
    assert drift_code(report) is ExitCode.OK


async def test_what_came_since_is_shown_as_new_and_counts(lab: Shop) -> None:
    await lab.apply()
    lab.deny_and_let_in()
    path = await written(lab)
    lab.call("dc1", "DELETE", "/v1/config/service-resolver/api")

    report = await since(lab, path)

    assert [str(item.address) for item in report.items] == ["service_resolver.dc1/api"]
    assert all(item.is_new for item in report.items)
    assert drift_code(report) is ExitCode.CHANGES


async def test_a_field_that_was_changed_once_more_is_new_again(lab: Shop) -> None:
    await lab.apply()
    lab.put("service-defaults", "api", Protocol="grpc")
    path = await written(lab)
    lab.put("service-defaults", "api", Protocol="tcp")

    assert [item.new for item in (await since(lab, path)).items] == ["tcp"]


async def test_what_has_gone_since_is_counted(lab: Shop) -> None:
    await lab.apply()
    lab.deny_and_let_in()
    path = await written(lab)
    await lab.apply()

    report = await since(lab, path)

    assert (report.items, report.gone) == ((), 2)


async def test_what_could_not_be_read_or_was_not_looked_for_is_not_called_gone(lab: Shop) -> None:
    await lab.apply()
    lab.deny_and_let_in()
    lab.put("service-defaults", "stranger", Protocol="http")
    found = await app.drift(lab.options(), Selection(), DriftChoice(unmanaged=True))
    path = lab.folder / "baseline.json"
    path.write_text(json.dumps(plan_value(found.plan, "1", drift=found.drift)))

    assert (await since(lab, path)).gone == 0, "without --unmanaged the stranger is not looked for"
    lab.world.faults.down.add("dc1")
    assert (await since(lab, path)).gone == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"errored": true}', '{"errored": false, "drift": 1}'])
def test_what_is_no_output_of_drift_is_refused_by_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(Failure, match=r"cannot use .*b\.json as a baseline"):
        app.read_baseline(tmp_path / "b.json")
