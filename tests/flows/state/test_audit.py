"""What the audit log says of applies that go wrong, and what a log that cannot be written does to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.auditing.entry import Entry
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Selection
from reconciler.statestore.factory import open_store
from reconciler.statestore.local.medium import LocalMedium
from tests.support.lab import Lab

ENTRIES = """
config_entries:
  dc1:
    - {Kind: service-defaults, Name: api, Protocol: http}
    - {Kind: service-defaults, Name: web, Protocol: http}
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, 1)
    lab.write(lab.clusters_yaml() + ENTRIES)
    return lab


async def listed(lab: Lab) -> list[Entry]:
    assert (await app.audit_verify(lab.options())).breaks == ()
    return list((await app.audit_list(lab.options())).entries)


async def test_an_apply_that_was_done_in_part_says_so(lab: Lab) -> None:
    lab.world.faults.add("answer", path="/v1/config", method="PUT", times=1, status=400, body="no")
    applied = await lab.apply()
    assert applied.outcome is not None
    assert len(applied.outcome.failed) == 1
    (entry,) = await listed(lab)
    assert entry.outcome == "partial"
    assert entry.counts is not None
    assert (entry.counts.added, entry.counts.failed) == (1, 1)
    assert (entry.serial, entry.serial_after) == (0, 1)


async def test_an_apply_of_which_nothing_was_done_has_failed(lab: Lab) -> None:
    lab.world.faults.add("answer", path="/v1/config", method="PUT", times=9, status=400, body="no")
    await lab.apply()
    (entry,) = await listed(lab)
    assert entry.outcome == "failed"


async def test_an_apply_that_was_interrupted_says_so(lab: Lab) -> None:
    stop = app.Stop()
    stop.request()
    await lab.apply(stop=stop)
    (entry,) = await listed(lab)
    assert entry.outcome == "interrupted"


async def test_what_was_not_approved_is_not_in_it(lab: Lab) -> None:
    await app.apply(
        lab.options(),
        Mode.NORMAL,
        Selection(),
        approve=lambda planned: False,
        observe=lab.events.append,
        stop=app.Stop(),
    )
    assert await listed(lab) == []


async def test_a_log_that_cannot_be_begun_stops_a_run_before_it_writes(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocalMedium, "log", refusing(0))
    with pytest.raises(Failure, match="no space"):
        await lab.apply()
    assert lab.writes == []


async def test_a_log_that_cannot_be_ended_loses_no_state_and_is_said(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(LocalMedium, "log", refusing(1))
        applied = await lab.apply()
    assert applied.outcome is not None
    assert applied.outcome.notes == ("the audit log does not say how this run ended: no space",)
    assert len((await lab.state()).resources) == 2
    assert not (await lab.plan()).has_changes
    await lab.apply(Mode.DESTROY)
    assert [one.outcome for one in await listed(lab)] == ["unexpected", "applied"]


def refusing(after: int) -> Any:
    """Return a `log` that takes so many lines, and then none."""
    taken: list[str] = []
    whole = LocalMedium.log

    async def log(medium: LocalMedium, line: str) -> None:
        if len(taken) >= after:
            raise Failure(Cause.STATE_UNWRITABLE, "no space")
        taken.append(line)
        await whole(medium, line)

    return log


async def test_a_broken_freeze_and_its_reason_are_in_it(lab: Lab) -> None:
    (lab.folder / "reconciler.yaml").write_text(
        'freeze: [{from: "2020-01-01T00:00Z", until: "2099-01-01T00:00Z", reason: holidays}]\n'
    )
    permits = replace(lab.options().permits, broken_freeze="a hotfix for the shop")
    lab.given = {"permits": permits}
    await lab.apply()
    (entry,) = await listed(lab)
    assert entry.begun.broken_freeze == "a hotfix for the shop"


async def test_the_plan_is_known_by_its_fingerprint_and_digest(lab: Lab) -> None:
    plan = await lab.plan()
    await lab.apply()
    (entry,) = await listed(lab)
    assert (entry.begun.fingerprint, entry.begun.digest) == (plan.fingerprint, plan.digest)


async def test_a_freed_lock_that_the_log_cannot_take_is_free_and_said(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lab.apply()
    session = await open_store(lab.folder / "state").open("apply")
    holder = await open_store(lab.folder / "state").holder()
    assert holder is not None
    with monkeypatch.context() as patched:
        patched.setattr(LocalMedium, "log", refusing(0))
        freed = await app.unlock_state(lab.options(), holder.id)
    assert freed.unlogged == "no space"
    assert await open_store(lab.folder / "state").holder() is None
    await session.close()
