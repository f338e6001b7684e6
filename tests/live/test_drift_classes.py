"""Changes made by hand on real servers: each is found as what it is, and an ignored field stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.model.drifting.report import DriftChoice, DriftReport
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Mode, Selection
from tests.flows.drift.conftest import SHOP
from tests.support.agents import Agent
from tests.support.lab import UseCases

pytestmark = pytest.mark.live
IGNORE = "ignore: [{address: service_intentions.dc1/api, fields: [Sources.intruder], reason: a test}]\n"


class Real(UseCases):
    """Two agents and a configuration in a folder."""

    def __init__(self, agents: list[Agent], folder: Path) -> None:
        self.agents = {f"dc{number}": agent for number, agent in enumerate(agents[:2], start=1)}
        self.folder = folder
        self.events = []

    def options(self, **more: Any) -> app.Options:
        return app.Options(root=self.folder, **more)

    def write(self, *texts: str) -> None:
        clusters = "".join(f'  {name}: {{address: "{one.address}"}}\n' for name, one in self.agents.items())
        (self.folder / "main.yaml").write_text("clusters:\n" + clusters + "".join(texts))

    def put(self, kind: str, name: str, **fields: Any) -> None:
        self.agents["dc1"].call("PUT", "/v1/config", {"Kind": kind, "Name": name, **fields})

    async def look(self, **choice: Any) -> DriftReport:
        found = (await app.drift(self.options(), Selection(), DriftChoice(**choice))).drift
        assert found is not None
        return found


def by_hand(real: Real) -> None:
    """One change of each class but unhealthy."""
    sources = [
        {"Name": "web", "Peer": "dc2", "Action": "deny"},
        {"Name": "intruder", "Action": "allow"},
    ]
    real.put("service-intentions", "api", Sources=sources)
    consumers = [{"Peer": "dc2"}]
    services = [{"Name": "api", "Consumers": consumers}, {"Name": "billing", "Consumers": consumers}]
    real.put("exported-services", "default", Services=services)
    real.agents["dc1"].call("DELETE", "/v1/config/service-defaults/api")
    real.put("service-defaults", "stranger", Protocol="http")


async def test_each_change_by_hand_is_found_as_what_it_is(trio: list[Agent], tmp_path: Path) -> None:
    real = Real(trio, tmp_path)
    real.write(SHOP)
    try:
        await real.apply()
        assert (await real.look(unmanaged=True)).items == ()

        by_hand(real)
        found = await real.look(unmanaged=True, effective=True)

        items = {(item.kind, str(item.address), item.path[:2]) for item in found.items}
        assert items == {
            (DriftClass.CHANGED, "service_intentions.dc1/api", ("Sources", "web@dc2")),
            (DriftClass.CHANGED, "service_intentions.dc1/api", ("Sources", "intruder")),
            (DriftClass.REMOVED, "service_defaults.dc1/api", ()),
            (DriftClass.NOT_EFFECTIVE, "exported_services.dc1/default", ("api",)),
            (DriftClass.ADDITION, "exported_services.dc1/default", ("Services", "billing")),
            (DriftClass.OBJECT, "service_defaults.dc1/stranger", ()),
        }
    finally:
        real.agents["dc1"].call("DELETE", "/v1/config/service-defaults/stranger")
        real.put("exported-services", "default", Services=[])
        await real.apply(Mode.DESTROY)


async def test_a_link_that_was_ended_is_unhealthy_and_an_ignored_source_stays(
    trio: list[Agent], tmp_path: Path
) -> None:
    real = Real(trio, tmp_path)
    real.write(SHOP, IGNORE)
    try:
        await real.apply()
        by_hand(real)
        await real.apply()
        entry = real.agents["dc1"].call("GET", "/v1/config/service-intentions/api")
        assert {one["Name"]: one["Action"] for one in entry["Sources"]} == {
            "web": "allow",
            "intruder": "allow",
        }
        assert (await real.plan()).has_changes is False

        real.agents["dc2"].call("DELETE", "/v1/peering/dc1")
        found = await real.look()
        assert [str(one.address) for one in found.items if one.kind is DriftClass.UNHEALTHY] == [
            "peering.dc1/dc2"
        ]
    finally:
        real.agents["dc1"].call("DELETE", "/v1/config/service-defaults/stranger")
        real.put("exported-services", "default", Services=[])
        await real.apply(Mode.DESTROY)
