"""Closing access goes before opening it, on real servers: a deny stays until what it guards is closed."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.plan import Mode, Plan
from tests.live.agents import MANAGEMENT, Agent
from tests.support.acl_walk import Guarded, reader

pytestmark = [pytest.mark.live, pytest.mark.row("transitions")]
EXPORTS, RULES = "exported_services.dc1/default", "service_intentions.dc1/api"
OPEN = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2], pay: [dc2]}}
intentions:
  dc1:
    api: [{from: web@dc2, action: allow}, {from: "*@*", action: deny}]
"""
CLOSED = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {pay: [dc2]}}
intentions:
  dc1:
    api: [{from: web@dc2, action: allow}]
"""


@pytest.fixture
def real(guarded: list[Agent], tmp_path: Path) -> Guarded:
    by_name = {agent.datacenter: agent for agent in guarded}

    def call(cluster: str, method: str, path: str, body: object) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = by_name[cluster].address + path
        request = urllib.request.Request(url, data, {"X-Consul-Token": MANAGEMENT}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return reader(answer.read())

    return Guarded(tmp_path, {name: agent.address for name, agent in by_name.items()}, call)


def order(plan: Plan) -> list[str]:
    return [str(change.address) for change in plan.actions]


async def test_an_export_is_narrowed_before_the_deny_that_guards_it_goes(real: Guarded) -> None:
    real.declare(OPEN)
    least = await real.least()
    real.hold(least)
    await real.apply()
    try:
        real.declare(CLOSED)
        assert order(await real.plan()) == [EXPORTS, RULES]

        less = [rule.replace('mesh = "write"', 'mesh = "read"') for rule in least["dc1"]]
        real.hold({**least, "dc1": less})
        refused = await real.apply()
        denied = real.call("dc1", "GET", "/v1/config/service-intentions/api", None)

        assert all(change.blocked for change in refused.plan.actions)
        assert [source["Action"] for source in denied["Sources"]].count("deny") == 2

        real.declare(OPEN)
        assert not (await real.plan()).has_changes
    finally:
        real.hold(least)
        await real.apply(Mode.DESTROY)
