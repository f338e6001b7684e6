"""Redirects and failover to datacenters: the own one is here, every other one is not known."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler_consul.access import ConsulAnalysis

KNOWN = ("db@east", Decision.ALLOWED)
UNKNOWN = ("None", Decision.DEPENDS)


def asked(own: str, **resolver: Any) -> Answer:
    east = {
        "datacenter": own,
        "default_intention": "allow",
        "services": [{"name": "web"}, {"name": "db"}, {"name": "api", "healthy": False}],
        "config_entries": [{"Kind": "service-resolver", "Name": "api", **resolver}],
    }
    question = Question(Service("east", "web"), None, Upstream("api"), Request("GET", "/", {}))
    return ConsulAnalysis({"clusters": {"east": east}, "peerings": []}).answer(question)


@pytest.mark.parametrize(
    ("own", "named", "found"),
    [("dc1", "dc1", KNOWN), ("dc2", "dc2", KNOWN), ("dc2", "dc1", UNKNOWN), ("dc1", "dc2", UNKNOWN)],
)
def test_a_redirect_to_a_datacenter(own: str, named: str, found: tuple[str, Decision]) -> None:
    answer = asked(own, Redirect={"Service": "db", "Datacenter": named})
    assert (str(answer.answered_by), answer.decision) == found


@pytest.mark.parametrize(
    ("own", "named", "found"), [("dc2", "dc2", Decision.UNREACHABLE), ("dc2", "dc1", Decision.DEPENDS)]
)
def test_a_failover_to_datacenters(own: str, named: str, found: Decision) -> None:
    assert asked(own, Failover={"*": {"Datacenters": [named]}}).decision is found
    assert asked(own, Failover={"*": {"Targets": [{"Datacenter": named}]}}).decision is found
