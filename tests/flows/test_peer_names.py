"""A page names a peer by its cluster, in every plan alike, and says so where only the name changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.plan import Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import paint
from tests.support.lab import Lab

REST = """
peerings: [{between: [dc1, dc2]NAMES}]
exports: {dc2: {ledger: [dc1]}, dc1: {api: [dc2]}}
intentions: {dc2: {ledger: [{from: billing@dc1, action: allow}]}}
failover: {dc2: {web: [api@dc1, backup]}}
"""


def page(plan: Plan) -> list[str]:
    return [line.strip() for line in paint(plan_lines(decode(encode(plan)))).splitlines()]


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + REST.replace("NAMES", ""))
    await lab.apply()
    return lab


async def test_another_name_of_a_peer_is_shown_as_that_and_as_nothing_else(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + REST.replace("NAMES", ", names: {dc2: head}"))

    shown = page(await lab.plan())

    assert '~   billing@dc1   allow   (peer "dc1" -> "head")' in shown
    assert '~   ledger   to dc1   (peer "dc1" -> "head")' in shown
    [failover] = [line for line in shown if line.startswith("~   Failover")]
    assert '"dc1"' in failover
    assert '"head"' in failover
    assert not [line for line in shown if line.startswith(("-   billing", "+   billing"))]


async def test_a_narrowed_plan_names_peers_as_the_whole_one_does(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + REST.replace("NAMES", "").replace("allow", "deny"))
    assert "~   billing@dc1   allow -> deny" in page(await lab.plan())
    assert "~   billing@dc1   allow -> deny" in page(await lab.plan(targets=("service_intentions.*",)))


async def test_a_peer_keeps_its_cluster_while_that_does_not_answer(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + REST.replace("NAMES", "").replace("allow", "deny"))
    lab.world.down("dc1")
    assert "~   billing@dc1   allow -> deny" in page(await lab.plan())
