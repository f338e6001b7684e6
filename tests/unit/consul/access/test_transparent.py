"""Names that lead elsewhere, where the caller's proxy is transparent."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Question, Service, Upstream
from reconciler_consul.access import ConsulAnalysis

TRANSPARENT = {"Kind": "proxy-defaults", "Name": "global", "Mode": "transparent"}
ONLY_WEB = {"Kind": "service-defaults", "Name": "web", "Mode": "transparent"}
NOT_WEB = {"Kind": "service-defaults", "Name": "web", "Mode": "direct"}
REDIRECT = {"Kind": "service-resolver", "Name": "api", "Redirect": {"Service": "api", "Peer": "east"}}
EXPORT = {
    "Kind": "exported-services",
    "Name": "default",
    "Services": [{"Name": "api", "Consumers": [{"Peer": "west"}]}],
}


def closed(*sources: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything is denied in the caller's cluster, but for these sources of api."""
    deny = {"Kind": "service-intentions", "Name": "*", "Sources": [{"Name": "*", "Action": "deny"}]}
    own = [{"Kind": "service-intentions", "Name": "api", "Sources": list(sources)}] if sources else []
    return [deny, *own]


def asked(*entries: dict[str, Any], default: str = "allow") -> Decision:
    cluster = {"version": "1.20.1", "default_intention": "allow", "gateway": True}
    dc1 = {**cluster, "datacenter": "dc1", "services": [{"name": "api"}], "config_entries": [EXPORT]}
    dc2 = {**cluster, "datacenter": "dc2", "services": [{"name": "web"}], "config_entries": list(entries)}
    peering = {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "west", "name_at_dialer": "east"}
    world = {"clusters": {"dc1": dc1, "dc2": {**dc2, "default_intention": default}}, "peerings": [peering]}
    question = Question(Service("dc2", "web"), None, Upstream("api"))
    answer = ConsulAnalysis(world).answer(question)
    assert str(answer.answered_by) == "api@dc1"
    if answer.decision is Decision.DEPENDS:
        assert "no way to api.virtual.consul" in answer.conditions[0]
    return answer.decision


@pytest.mark.parametrize("mode", [TRANSPARENT, ONLY_WEB])
def test_intentions_for_the_dialed_name_close_the_way_of_a_transparent_proxy(mode: dict[str, Any]) -> None:
    assert asked(mode, REDIRECT) is Decision.ALLOWED
    assert asked(mode, REDIRECT, *closed()) is Decision.DEPENDS
    assert asked(mode, REDIRECT, *closed({"Name": "web", "Action": "allow"})) is Decision.ALLOWED
    assert asked(mode, REDIRECT, default="deny") is Decision.DEPENDS


def test_permissions_are_a_way() -> None:
    some = {"Name": "web", "Permissions": [{"Action": "allow", "HTTP": {"PathPrefix": "/v1"}}]}
    assert asked(TRANSPARENT, REDIRECT, *closed(some)) is Decision.ALLOWED


def test_an_upstream_of_a_proxy_that_is_not_transparent_asks_nobody() -> None:
    assert asked(REDIRECT, *closed()) is Decision.ALLOWED
    assert asked(TRANSPARENT, NOT_WEB, REDIRECT, *closed()) is Decision.ALLOWED
