"""Closing access goes before opening it, on real servers: a deny stays until what it guards is closed."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.plan import Mode, Plan
from tests.live.guarding import guarded_by
from tests.support.acl_lab import AclLab
from tests.support.agents import Agent

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
def real(guarded: list[Agent], tmp_path: Path) -> AclLab:
    return guarded_by(guarded, tmp_path)


def order(plan: Plan) -> list[str]:
    return [str(change.address) for change in plan.actions]


async def test_an_export_is_narrowed_before_the_deny_that_guards_it_goes(real: AclLab) -> None:
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
