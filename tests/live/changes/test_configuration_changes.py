"""Configurations that change on real servers: clusters leave or are renamed, names are taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.change import Action
from reconciler.model.plan import Mode, Selection
from tests.support.agents import Agent

pytestmark = pytest.mark.live


class ChangesLab:
    """One folder on the three servers; `names` renames clusters."""

    def __init__(self, folder: Path, agents: list[Agent]) -> None:
        self.folder = folder
        self.agents = {agent.datacenter: agent for agent in agents}

    def declare(self, rest: str, *leave_out: str, **names: str) -> None:
        lines = [
            f'  {names.get(name, name)}: {{address: "{agent.address}"}}\n'
            for name, agent in self.agents.items()
            if name not in leave_out
        ]
        (self.folder / "main.yaml").write_text(f"clusters:\n{''.join(lines)}{rest}")

    def options(self) -> app.Options:
        return app.Options(root=self.folder, environ={})

    async def apply(self, mode: Mode = Mode.NORMAL) -> app.ApplyResult:
        done = await app.apply(
            self.options(), mode, Selection(), approve=lambda _: True, observe=lambda _: None, stop=app.Stop()
        )
        assert done.outcome is None or not done.outcome.failed, done.outcome
        return done

    def rows(self) -> dict[str, tuple[str, int]]:
        listed: dict[str, Any] = {n: a.call("GET", "/v1/peerings") for n, a in self.agents.items()}
        return {
            f"{n}/{row['Name']}": (row["ID"], row["ModifyIndex"])
            for n, rows in listed.items()
            for row in rows
        }


@pytest.fixture
def lab(tmp_path: Path, trio: list[Agent]) -> ChangesLab:
    return ChangesLab(tmp_path, trio)


def actions(done: app.ApplyResult) -> dict[str, Action]:
    return {str(change.address): change.action for change in done.plan.actions if not change.blocked}


async def test_a_cluster_that_leaves_is_cleaned_up_and_one_that_is_renamed_keeps_its_link(
    lab: ChangesLab,
) -> None:
    lab.declare("peerings: [{mesh: [dc1, dc2, dc3]}]\n")
    await lab.apply()
    lab.declare("peerings: [{mesh: [dc1, dc2]}]\n", "dc3")
    left = await lab.apply()
    remaining = lab.rows()
    lab.declare("peerings: [{between: [dc1, west], names: {dc1: dc2}}]\n", "dc3", dc2="west")
    renamed = await lab.apply()
    after = lab.rows()
    recorded = await app.show_state(lab.options())
    await lab.apply(Mode.DESTROY)

    assert actions(left) == {"peering.dc1/dc3": Action.DELETE, "peering.dc2/dc3": Action.DELETE}
    assert set(remaining) == {"dc1/dc2", "dc2/dc1"}
    assert actions(renamed) == {}
    assert {name: mark[0] for name, mark in after.items()} == {n: m[0] for n, m in remaining.items()}
    assert [str(address) for address in recorded.resources] == ["peering.dc1/west"]
    assert lab.rows() == {}


SPLIT = """
peerings: [{between: [dc1, dc2]}]
service_defaults: {dc2: {api: {protocol: http}}}
splits: {dc2: {api: {api: 90, api@dc1: 10}}}
"""


async def test_what_is_generated_does_not_take_over_a_service_that_runs(lab: ChangesLab) -> None:
    agent = lab.agents["dc2"]
    lab.declare(SPLIT)
    agent.call("PUT", "/v1/agent/service/register", {"Name": "api-dc1", "Port": 1})
    try:
        done = await lab.apply()
        foreign = agent.call("GET", "/v1/config/service-resolver")
    finally:
        agent.call("PUT", "/v1/agent/service/deregister/api-dc1")
        await lab.apply(Mode.DESTROY)

    assert actions(done) == {"peering.dc1/dc2": Action.CREATE, "service_defaults.dc2/api": Action.CREATE}
    assert foreign == []


async def test_gateways_turned_on_later_leave_links_alone_and_the_plan_says_so(lab: ChangesLab) -> None:
    lab.declare("peerings: [{between: [dc1, dc2]}]\n")
    await lab.apply()
    lab.declare(
        "peerings: [{between: [dc1, dc2]}]\nmesh: {dc1: {peering: {peer_through_mesh_gateways: true}}}\n"
    )
    on = await lab.apply()
    states = [row["State"] for row in lab.agents["dc2"].call("GET", "/v1/peerings")]  # type: ignore[attr-defined]
    again = await lab.apply()
    await lab.apply(Mode.DESTROY)

    (mesh,) = on.plan.actions
    assert "no mesh gateway is registered on dc1" in mesh.notes[0]
    assert "peering.dc1/dc2: existing peerings stay up and are not recreated" in mesh.notes[1]
    assert states == ["ACTIVE"]
    assert actions(again) == {}
