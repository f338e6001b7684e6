"""Resolvers that stand for a peer's service: made for a split or route, shown as such, in nobody's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan
from reconciler.render.plan.actions import reasons
from tests.support.lab import Lab

REST = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
service_defaults: {dc2: {api: {protocol: http}, front: {protocol: http}}}
splits: {dc2: {api: {api: 90, api@dc1: 10}}}
routes: {dc2: {front: [{match: {path_prefix: /api}, to: api@dc1}]}}
"""
OWN_NAME = (
    REST.replace("api@dc1", "remote-api").replace(
        "front: {protocol", "remote-api: {protocol: http}, front: {protocol"
    )
    + "redirects: {dc2: {remote-api: api@dc1}}\n"
)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + REST)
    return lab


def one(plan: Plan, address: str) -> Change:
    return next(change for change in plan.changes if str(change.address) == address)


def register(lab: Lab, name: str) -> None:
    lab.call("dc2", "PUT", "/v1/agent/service/register", {"Name": name, "Port": 80})


async def test_it_is_shown_with_all_that_needs_it_and_goes_with_the_last(lab: Lab) -> None:
    first = await lab.apply()
    lab.write(lab.clusters_yaml() + REST.replace("api: 90, api@dc1: 10", "api: 100"))
    still = await lab.apply()
    lab.write(lab.clusters_yaml() + REST.partition("splits")[0])
    last = await lab.apply()

    assert reasons(one(first.plan, "service_resolver.dc2/api-dc1")) == [
        "service_router.dc2/front, service_splitter.dc2/api need it"
    ]
    assert [str(change.address) for change in still.plan.actions] == ["service_splitter.dc2/api"]
    assert one(last.plan, "service_resolver.dc2/api-dc1").action is Action.DELETE
    assert one(last.plan, "service_defaults.dc2/api-dc1").action is Action.DELETE
    assert not (await lab.plan()).has_changes


async def test_it_does_not_take_over_a_service_that_runs(lab: Lab) -> None:
    register(lab, "api")
    register(lab, "api-dc1")

    done = await lab.apply()

    blocked = str(one(done.plan, "service_resolver.dc2/api-dc1").blocked)
    assert blocked.startswith(
        'dc2 runs a service "api-dc1": the generated resolver would redirect its callers to the peer'
    )
    assert blocked.endswith("[generated-name-taken]")
    assert str(one(done.plan, "service_defaults.dc2/api-dc1").blocked).endswith("[generated-name-taken]")
    assert "which is blocked" in str(one(done.plan, "service_splitter.dc2/api").blocked)
    assert one(done.plan, "peering.dc1/dc2").blocked is None
    assert lab.call("dc2", "GET", "/v1/config/service-resolver") == []


async def test_a_name_of_ones_own_is_the_way_out(lab: Lab) -> None:
    register(lab, "api-dc1")
    lab.write(lab.clusters_yaml() + OWN_NAME)

    done = await lab.apply()

    assert done.outcome is not None
    assert (done.outcome.failed, done.outcome.skipped) == ((), ())
    assert not (await lab.plan()).has_changes


async def test_the_catalog_is_asked_once_and_only_where_one_is_written(lab: Lab) -> None:
    await lab.plan()
    asked = [read for read in lab.reads if "/catalog/" in read]
    await lab.apply()
    lab.clear()
    await lab.plan()

    assert asked == ["dc2/v1/catalog/services"]
    assert not any("/catalog/" in read for read in lab.reads)


async def test_one_that_exists_is_taken_over_in_sight_and_it_is_said_what_for(lab: Lab) -> None:
    lab.call(
        "dc2", "PUT", "/v1/config", {"Kind": "service-resolver", "Name": "api-dc1", "ConnectTimeout": "7s"}
    )

    change = one(await lab.plan(), "service_resolver.dc2/api-dc1")

    assert (change.action, change.adopt) == (Action.UPDATE, True)
    assert reasons(change)[1] == "service_router.dc2/front, service_splitter.dc2/api need it"
