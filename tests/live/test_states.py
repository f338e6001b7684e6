"""Undo, and states that are lost, rebuilt or older than they should be, on real servers."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.engine.deciding.marks import MARK
from reconciler.model.change import Action, Reason
from reconciler.model.event import Event
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Selection
from tests.live.conftest import chosen_versions, running
from tests.support.agents import Agent
from tests.support.lab import UseCases

pytestmark = pytest.mark.live

BODY = """
peerings: [{between: [dc1, dc2], names: {dc1: us, dc2: eu}}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
"""


def defaults(protocol: str) -> str:
    return f"config_entries: {{dc1: [{{Kind: service-defaults, Name: api, Protocol: {protocol}}}]}}\n"


@pytest.fixture(params=chosen_versions() or ["none"])
def agents(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Agent]]:
    yield from running(request.param, 2, tmp_path, acl=False)


class RealLab(UseCases):
    """Two real clusters and a folder."""

    def __init__(self, folder: Path, agents: list[Agent]) -> None:
        folder.mkdir()
        self.folder = folder
        self.agents = {f"dc{number}": agent for number, agent in enumerate(agents, 1)}
        self.events: list[Event] = []

    def options(self, **more: Any) -> app.Options:
        return app.Options(root=self.folder, environ={}, **more)

    def declare(self, *sections: str, operator: str = "") -> None:
        clusters = "".join(f'  {n}: {{address: "{a.address}"}}\n' for n, a in self.agents.items())
        (self.folder / "main.yaml").write_text("name: shop\nclusters:\n" + clusters + "".join(sections))
        (self.folder / "reconciler.yaml").write_text(operator or "{}\n")

    async def call(self, cluster: str, path: str) -> Any:
        return await asyncio.to_thread(self.agents[cluster].call, "GET", path)

    async def index(self) -> dict[str, int]:
        """The last write of each object on both clusters, by what it is."""
        out = {}
        for name in self.agents:
            for kind in ("service-defaults", "service-intentions", "exported-services"):
                for entry in await self.call(name, f"/v1/config/{kind}"):
                    out[f"{name}/{kind}/{entry['Name']}"] = entry["ModifyIndex"]
        return out


async def test_undo_restores_what_was_applied_before(agents: list[Agent], tmp_path: Path) -> None:
    lab = RealLab(tmp_path / "work", agents)
    lab.declare(BODY, defaults("http"))
    await lab.apply()
    lab.declare(defaults("grpc"))
    await lab.apply()
    assert await lab.call("dc2", "/v1/peerings") == []

    undone = await lab.apply(undo=1)

    assert undone.outcome is not None
    assert not undone.outcome.failed + undone.outcome.skipped
    assert {change.reason for change in undone.plan.actions} == {Reason.UNDO}
    assert (await lab.call("dc1", "/v1/config/service-defaults/api"))["Protocol"] == "http"
    assert [row["Name"] for row in await lab.call("dc2", "/v1/peerings")] == ["eu"]
    lab.declare(BODY, defaults("http"))
    assert not (await lab.plan()).has_changes


async def test_a_lost_state_is_rebuilt_and_finds_what_is_no_longer_declared(
    agents: list[Agent], tmp_path: Path
) -> None:
    lab = RealLab(tmp_path / "work", agents)
    lab.declare(BODY, defaults("http"))
    await lab.apply()
    lab.declare(BODY, defaults("http"), operator="mark_objects: true\n")
    assert not (await lab.plan()).has_changes, "a named configuration marks what it makes"
    before = await lab.index()
    shutil.rmtree(lab.folder / "state")

    found = await app.rebuild_state(lab.options())

    assert (len(found.declared), found.left, found.unknown) == (4, (), ())
    assert not (await lab.plan()).has_changes
    assert await lab.index() == before, "nothing was written"

    shutil.rmtree(lab.folder / "state")
    lab.declare(
        "exports: {dc1: {api: [dc2]}}\n", BODY.splitlines()[1] + "\n", operator="mark_objects: true\n"
    )
    found = await app.rebuild_state(lab.options())
    gone = {"service_defaults.dc1/api", "service_intentions.dc1/api"}
    assert {str(address) for address in found.undeclared} == gone
    assert {str(c.address): c.action for c in (await lab.plan()).actions} == dict.fromkeys(
        gone, Action.DELETE
    )
    await lab.apply(Mode.DESTROY)
    assert await lab.call("dc1", "/v1/peerings") == []


async def test_objects_are_marked_by_one_visible_update(agents: list[Agent], tmp_path: Path) -> None:
    lab = RealLab(tmp_path / "work", agents)
    lab.declare(defaults("http"))
    (lab.folder / "main.yaml").write_text((lab.folder / "main.yaml").read_text().replace("name: shop\n", ""))
    await lab.apply()
    lab.declare(defaults("http"), operator="mark_objects: true\n")
    (change,) = (await lab.plan()).actions
    assert (change.reason, [item.path for item in change.fields]) == (Reason.MARKED, [("Meta", MARK)])
    await lab.apply()
    assert (await lab.call("dc1", "/v1/config/service-defaults/api"))["Meta"] == {MARK: "shop"}
    before = await lab.index()
    assert not (await lab.apply()).plan.has_changes
    assert await lab.index() == before


async def test_an_older_state_is_refused_and_a_rebuilt_one_goes_on(
    agents: list[Agent], tmp_path: Path
) -> None:
    lab = RealLab(tmp_path / "work", agents)
    lab.declare(defaults("http"), operator="mark_clusters: true\n")
    await lab.apply()
    shutil.copytree(lab.folder / "state", lab.folder / "copy")
    lab.declare(defaults("grpc"), operator="mark_clusters: true\n")
    await lab.apply()
    lineage = (await lab.state()).lineage
    (row,) = await lab.call("dc2", f"/v1/kv/reconciler/{lineage}/serial")
    assert json.loads(base64.b64decode(row["Value"]))["serial"] == 2

    shutil.rmtree(lab.folder / "state")
    shutil.copytree(lab.folder / "copy", lab.folder / "state")
    with pytest.raises(Failure, match="older than one that dc2 has seen: serial 1, and there was 2"):
        await lab.apply()
    await app.plan(lab.options(ignore_marks=True), Mode.NORMAL, Selection())

    shutil.rmtree(lab.folder / "state")
    with pytest.raises(Failure, match="there is no state in"):
        await lab.apply()
    await app.rebuild_state(lab.options())
    state = await lab.state()
    assert (state.serial, state.lineage) == (3, lineage)
    assert not (await lab.plan()).has_changes
