"""A peer's cluster is away: what names its standing peering is decided by its own cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import Lab

OPEN = "intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}\n"
CLOSED = "intentions: {dc1: {api: [{from: web@dc2, action: deny}]}}\n"
EXPORTED = "exports: {dc1: {api: [dc2], pay: [dc2]}}\n"
INTENTIONS, EXPORTS, PEERING = (
    "service_intentions.dc1/api",
    "exported_services.dc1/default",
    "peering.dc1/dc2",
)


def declare(lab: Lab, more: str, peering: str = "{between: [dc1, dc2]}") -> None:
    lab.write(lab.clusters_yaml() + f"peerings: [{peering}]\n" + more)


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, 2)
    declare(lab, OPEN + EXPORTED)
    await lab.apply()
    lab.world.down("dc2")
    return lab


def source(lab: Lab) -> Any:
    return lab.call("dc1", "GET", "/v1/config/service-intentions/api")["Sources"]


@pytest.mark.parametrize("selection", [{}, {"targets": (INTENTIONS,)}], ids=["all", "narrowed"])
async def test_a_deny_is_written(lab: Lab, selection: dict[str, Any]) -> None:
    declare(lab, CLOSED + EXPORTED)
    applied = await lab.apply(**selection)
    assert [str(change.address) for change in applied.plan.actions] == [INTENTIONS]
    assert PEERING in [str(item.address) for item in applied.plan.deferred]
    assert applied.outcome is not None
    assert applied.outcome.changed == 1
    assert [item["Action"] for item in source(lab)] == ["deny"]


async def test_exports_are_narrowed_and_widened(lab: Lab) -> None:
    for more in ("exports: {dc1: {api: [dc2]}}\n", EXPORTED):
        declare(lab, OPEN + more)
        applied = await lab.apply()
        assert [str(change.address) for change in applied.plan.actions] == [EXPORTS]


async def test_a_new_deny_does_not_wait_longer_than_the_removal_of_one(lab: Lab) -> None:
    for more in (CLOSED, "", CLOSED):
        declare(lab, more + EXPORTED)
        applied = await lab.apply()
        assert [str(change.address) for change in applied.plan.actions] == [INTENTIONS]


async def test_a_row_that_is_gone_or_another_one_is_waited_for(lab: Lab) -> None:
    declare(lab, CLOSED + EXPORTED)
    for _ in range(2):
        lab.call("dc1", "DELETE", "/v1/peering/dc2")
        plan = await lab.plan()
        assert plan.actions == ()
        waiting = {str(item.address): item.because for item in plan.deferred}
        assert waiting[INTENTIONS] == f"needs {PEERING}, which is unknown"
        lab.call("dc1", "POST", "/v1/peering/token", {"PeerName": "dc2"})


async def test_a_name_that_is_to_change_is_waited_for(lab: Lab) -> None:
    declare(lab, CLOSED + EXPORTED, "{between: [dc1, dc2], names: {dc1: west}}")
    plan = await lab.plan()
    assert plan.actions == ()
    assert INTENTIONS in [str(item.address) for item in plan.deferred]
