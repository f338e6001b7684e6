"""Shares of a split: what they amount to where they end alike, and where a peer splits again."""

from __future__ import annotations

from typing import Any

from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler_consul.access import ConsulAnalysis

Entry = dict[str, Any]
HTTP = {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}}
EXPORTS = {
    "Kind": "exported-services",
    "Name": "default",
    "Services": [{"Name": "db", "Consumers": [{"Peer": "dc1"}]}],
}


def splitter(name: str, *legs: tuple[int, str]) -> Entry:
    splits = [{"Weight": weight, "Service": service} for weight, service in legs]
    return {"Kind": "service-splitter", "Name": name, "Splits": splits}


def deny(name: str) -> Entry:
    return {"Kind": "service-intentions", "Name": name, "Sources": [{"Name": "*", "Action": "deny"}]}


def asked(here: list[Entry], there: list[Entry] | None = None, request: Request | None = None) -> Answer:
    clusters = {
        name: {
            "version": "1.20.1",
            "default_intention": "allow",
            "gateway": True,
            "services": [{"name": one} for one in ("web", "api", "db", "cart")],
            "config_entries": [HTTP, *entries],
        }
        for name, entries in {"dc1": here, "dc2": [*(there or []), EXPORTS]}.items()
    }
    peering = {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "dc2", "name_at_dialer": "dc1"}
    question = Question(Service("dc1", "web"), None, Upstream("api"), request or Request("GET", "/", {}))
    return ConsulAnalysis({"clusters": clusters, "peerings": [peering]}).answer(question)


def test_shares_that_several_services_refuse_are_denied() -> None:
    answer = asked([splitter("api", (50, "api"), (50, "db")), deny("api"), deny("db")])
    assert answer.decision is Decision.DENIED
    assert answer.denied_at is None
    assert [str(share.denied_at) for share in answer.shares] == ["api@dc1", "db@dc1"]


def test_a_peer_that_splits_again_divides_its_share() -> None:
    remote = {
        "Kind": "service-resolver",
        "Name": "remote",
        "Redirect": {"Service": "db", "Peer": "dc2"},
    }
    here = [remote, splitter("api", (40, "api"), (60, "remote"))]
    answer = asked(here, [splitter("db", (50, "db"), (50, "cart"))])
    assert answer.decision is Decision.MIXED
    shares = {str(share.answered_by): share.percent for share in answer.shares}
    assert shares == {"api@dc1": 40, "db@dc2": 30, "cart@dc2": 30}


def test_where_every_request_is_refused_by_some_service_it_is_denied() -> None:
    match = {"HTTP": {"PathPrefix": "/v1"}}
    router = {
        "Kind": "service-router",
        "Name": "api",
        "Routes": [{"Match": match, "Destination": {"Service": "db"}}],
    }
    answer = asked([router, deny("api"), deny("db")], request=Request())
    assert (answer.decision, answer.denied_at, answer.conditions) == (Decision.DENIED, None, ())
