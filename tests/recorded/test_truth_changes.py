"""Recorded changes: before and after, and the access that `changes` says they open or close."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.sdk.access.change import AccessChanges
from reconciler.sdk.access.question import Question, Service, Upstream
from reconciler.sdk.address import Address
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.worlds.changed import changed
from tests.recorded.truth import Asked, recorded

LINES = {asked.line["group"]: asked for asked in recorded("change")}
WEB, API = Service("dc2", "web"), Service("dc1", "api")
INTENTIONS = Address("service_intentions", "dc1", "api")
EXPORTS = Address("exported_services", "dc1", "default")
PEERING = Address("peering", "dc1", "dc2")
_ALLOW = {
    "Kind": "service-intentions",
    "Name": "api",
    "Sources": [{"Name": "web", "Peer": "dc2", "Action": "allow"}],
}


def compared(asked: Asked, before: dict[str, Any], after: dict[str, Any], touched: Address) -> AccessChanges:
    """Compare the worlds; the answers are those that were recorded first and last."""
    one, two = ConsulAnalysis(before), ConsulAnalysis(after)
    question = asked.questions[0]
    seen = asked.line["observed"]["new"]
    assert (one.answer(question).decision.value == "allowed") is (seen[0][1] == 200)
    assert (two.answer(question).decision.value == "allowed") is (seen[-1][1] == 200)
    return one.changes(two, [touched])


@pytest.mark.parametrize("group", ["change-intention-removed-tcp", "change-intention-removed-http"])
def test_an_intention_that_is_removed_closes_what_it_allowed(group: str) -> None:
    asked = LINES[group]
    found = compared(asked, asked.world, changed(asked.world, {INTENTIONS: None}), INTENTIONS)
    assert [(one.caller, one.to) for one in found.closed] == [(WEB, API)]
    assert not found.opened
    assert found.closed[0].objects == {INTENTIONS}


def test_an_intention_that_is_added_opens_what_it_allows() -> None:
    asked = LINES["change-intention-added-tcp"]
    found = compared(asked, asked.world, changed(asked.world, {INTENTIONS: _ALLOW}), INTENTIONS)
    assert [(one.caller, one.to) for one in found.opened] == [(WEB, API)]


def test_an_export_that_is_added_opens_the_service_to_every_caller_of_the_peer() -> None:
    asked = LINES["change-export-added"]
    before = changed(asked.world, {EXPORTS: None})
    found = compared(asked, before, asked.world, EXPORTS)
    assert [str(one.caller) for one in found.opened] == ["*@dc2"]


def test_an_export_that_is_removed_closes_it() -> None:
    asked = LINES["change-export-removed-tcp"]
    found = compared(asked, asked.world, changed(asked.world, {EXPORTS: None}), EXPORTS)
    assert [str(one.caller) for one in found.closed] == ["web@dc2"]


@pytest.mark.parametrize(
    "group", ["change-peering-deleted-dialer-tcp", "change-peering-deleted-exporter-http"]
)
def test_a_peering_that_is_deleted_at_either_end_closes_what_it_carried(group: str) -> None:
    asked = LINES[group]
    found = compared(asked, asked.world, changed(asked.world, {PEERING: None}), PEERING)
    assert [str(one.caller) for one in found.closed] == ["*@dc2"]


def test_a_peering_that_is_made_again_opens_it() -> None:
    asked = LINES["change-repeered"]
    before = {**asked.world, "peerings": []}
    found = compared(asked, before, asked.world, PEERING)
    assert [str(one.caller) for one in found.opened] == ["*@dc2"]


def broken(asked: Asked, cluster: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    world = copy.deepcopy(asked.world)
    change(world["clusters"][cluster])
    return world


def critical(name: str) -> Callable[[dict[str, Any]], None]:
    def change(cluster: dict[str, Any]) -> None:
        next(one for one in cluster["services"] if one["name"] == name)["healthy"] = False

    return change


def test_a_critical_instance_moves_requests_to_the_failover() -> None:
    asked = LINES["change-failover-check"]
    question = asked.questions[0]
    assert str(ConsulAnalysis(asked.world).answer(question).answered_by) == "api@dc2"
    after = ConsulAnalysis(broken(asked, "dc2", critical("api"))).answer(question)
    assert str(after.answered_by) == "api@dc1"


def test_health_inside_a_peer_moves_nothing_and_a_missing_gateway_does() -> None:
    asked = LINES["change-failover-peer-health"]
    question = asked.questions[0]
    assert ConsulAnalysis(asked.world).answer(question).decision.value == "unreachable"
    gone = broken(asked, "dc1", lambda cluster: cluster.update(gateway=False))
    assert str(ConsulAnalysis(gone).answer(question).answered_by) == "api@dc3"


def test_a_redirect_that_is_withdrawn_leaves_the_direct_upstream_what_it_is() -> None:
    """Up to 1.20 the sidecar loses its listener until it is registered again: no configuration says so."""
    asked = LINES["change-redirect-withdrawn"]
    resolver = Address("service_resolver", "dc2", "remote")
    after = ConsulAnalysis(changed(asked.world, {resolver: None}))
    before = ConsulAnalysis(asked.world)
    found = before.changes(after, [resolver])
    assert {str(one.to) for one in found.closed} == {"remote@dc2"}
    direct = Question(WEB, None, Upstream("api", "dc1"))
    assert after.answer(direct).decision.value == "allowed"
