"""Answers where the request, or a part of the world, is not known; and answers that never fail."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.access.answer import Answer, Decision, Verdict
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler_consul.access import ConsulAnalysis

PERMISSIONS = [
    {"Action": "deny", "HTTP": {"PathPrefix": "/v1/admin"}},
    {"Action": "allow", "HTTP": {"PathPrefix": "/v1/", "Methods": ["GET"]}},
]
HTTP = {"Kind": "service-defaults", "Name": "api", "Protocol": "http"}
EXPORTS = {
    "Kind": "exported-services",
    "Name": "default",
    "Services": [{"Name": "api", "Consumers": [{"Peer": "west"}]}],
}

KINDS = [
    "service-intentions",
    "service-router",
    "service-splitter",
    "service-resolver",
    "exported-services",
    "proxy-defaults",
    "service-defaults",
    "mesh",
]


def by_permissions(*permissions: Any) -> dict[str, Any]:
    source = {"Name": "web", "Peer": "west", "Permissions": list(permissions)}
    return {"Kind": "service-intentions", "Name": "api", "Sources": [source]}


def world(*entries: Any, **changes: Any) -> dict[str, Any]:
    dc1 = {
        "datacenter": "dc1",
        "version": "1.20.1",
        "default_intention": "deny",
        "gateway": True,
        "services": [{"name": "api"}, {"name": "web"}],
        "config_entries": [HTTP, *entries, EXPORTS],
    }
    dc2 = {**dc1, "datacenter": "dc2", "services": [{"name": "web"}], "config_entries": []}
    peering = {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "west", "name_at_dialer": "east"}
    dc1 = {key: value for key, value in (dc1 | changes).items() if value is not ...}
    return {"clusters": {"dc1": dc1, "dc2": dc2}, "peerings": [peering]}


def asked(world: dict[str, Any], request: Request | None = None, caller: str = "web@dc2") -> Answer:
    question = Question(Service.parse(caller), Service("dc1", "api"), None, request or Request())
    return ConsulAnalysis(world).answer(question)


def test_without_a_request_permissions_are_conditions() -> None:
    answer = asked(world(by_permissions(*PERMISSIONS)))
    assert answer.decision is Decision.DEPENDS
    assert answer.conditions == ("GET /v1/* except /v1/admin*",)
    assert str(answer.answered_by) == str(answer.denied_at) == "api@dc1"


def test_where_every_request_is_decided_alike_the_answer_is_plain() -> None:
    deny = by_permissions({"Action": "deny", "HTTP": {"PathPrefix": "/v1"}})
    assert asked(world(deny)).decision is Decision.DENIED
    assert asked(world(deny, default_intention="allow")).conditions == ("any request except /v1*",)


def test_a_permission_reads_as_people_write_it() -> None:
    header = {"Name": "x-team", "Exact": "a"}
    found = asked(
        world(by_permissions({"Action": "allow", "HTTP": {"PathExact": "/ok", "Header": [header]}}))
    )
    assert found.conditions == ("/ok with header x-team = a",)


@pytest.mark.parametrize(
    ("part", "condition"),
    [
        ({"default_intention": None}, "the default intention of dc1 is not known"),
        ({"gateway": None}, "the gateway of dc1 is not known"),
        ({"services": ...}, "the services of dc1 are not known"),
        (
            {"unknown": {"service-intentions": "no permission"}},
            "the service-intentions entries of dc1 are not known (no permission)",
        ),
        (
            {"unknown": {"exported-services": "no permission"}},
            "the exported-services entries of dc1 are not known (no permission)",
        ),
        ({"unknown": {"cluster": "no answer"}}, "dc1 is not known (no answer)"),
    ],
)
def test_what_is_not_known_is_named_and_is_no_denial(part: dict[str, Any], condition: str) -> None:
    answer = asked(world(**part))
    if part.get("default_intention", "") is None or "gateway" in part or "services" in part:
        answer = asked(world(**{"default_intention": "allow", **part}))
    assert answer.decision is Decision.DEPENDS
    assert condition in answer.conditions


def test_an_unknown_version_matters_only_where_versions_differ() -> None:
    rules = by_permissions({"Action": "deny", "HTTP": {"PathPrefix": "/admin"}}, {"Action": "allow"})
    plain = asked(world(rules, version=...), Request("GET", "/ok", {}))
    odd = asked(world(rules, version=...), Request("GET", "/ok/../admin", {}))
    assert plain.decision is Decision.ALLOWED
    assert odd.conditions == ("the version of Consul on dc1 is not known",)


def test_a_peer_that_is_not_among_the_clusters_is_unknown_by_name() -> None:
    alone = world()
    del alone["clusters"]["dc1"]
    answer = asked(alone)
    assert (answer.decision, answer.conditions) == (Decision.DEPENDS, ("nothing is known of dc1",))


def test_steps_behind_a_stop_are_not_reached() -> None:
    answer = asked(world(gateway=False))
    stops = [one.step for one in answer.because if one.verdict is Verdict.STOP]
    assert stops == ["exporter-gateway"]
    behind = [one.step for one in answer.because if one.verdict is Verdict.NOT_REACHED]
    assert behind == ["dialer-gateway", "exporter-chain", "instances", "intention", "permissions", "default"]


def test_reasons_say_where_they_come_from() -> None:
    answer = asked(world(by_permissions(*PERMISSIONS)), Request("GET", "/v1/x", {}))
    last = answer.because[-1]
    assert last.origin is not None
    assert (str(last.origin.address), last.origin.path) == (
        "service_intentions.dc1/api",
        ("Sources", 0, "Permissions", 1),
    )


def test_a_peering_that_is_not_active_carries_nothing() -> None:
    torn = world(default_intention="allow")
    torn["peerings"][0]["state_at_dialer"] = "TERMINATED"
    assert asked(torn).decision is Decision.UNREACHABLE
    torn["peerings"][0]["state_at_dialer"] = "FAILING"
    assert asked(torn).conditions == ("the peering of dc2 and dc1 is FAILING on dc2",)


def test_a_name_that_leads_to_a_peer_is_answered_there() -> None:
    both = world(default_intention="allow")
    redirect = {"Kind": "service-resolver", "Name": "remote", "Redirect": {"Service": "api", "Peer": "east"}}
    both["clusters"]["dc2"]["config_entries"] = [redirect]
    answer = ConsulAnalysis(both).answer(Question(Service("dc2", "web"), None, Upstream("remote")))
    assert str(answer.answered_by) == "api@dc1"


@pytest.mark.parametrize("odd", [None, "x", 7, [], {}, [{"Name": 3}], {"Services": "x"}])
def test_an_odd_world_is_answered(odd: Any) -> None:
    fields = [
        "Sources",
        "Routes",
        "Splits",
        "Services",
        "Failover",
        "Redirect",
        "Subsets",
        "Config",
        "MeshGateway",
        "UpstreamConfig",
        "HTTP",
    ]
    entries = [{"Kind": kind, "Name": "api", **dict.fromkeys(fields, odd)} for kind in KINDS]
    made = world(*entries, services=odd)
    made["clusters"]["dc2"]["config_entries"] = entries
    for caller in ("web@dc2", "web@dc1"):
        assert asked(made, caller=caller).decision in Decision


def test_what_is_no_world_is_refused() -> None:
    with pytest.raises(ValueError, match="clusters"):
        ConsulAnalysis({"peerings": []})


def test_pairs_are_those_of_clusters_that_can_concern_each_other() -> None:
    apart = world()
    apart["peerings"] = []
    assert reached(apart) == {"dc2"}
    assert reached(world()) == {"dc1", "dc2"}


def reached(world: dict[str, Any]) -> set[str]:
    found = ConsulAnalysis(world).pairs([Service("dc2", "web")], None, Request())
    return {answer.question.to.cluster for answer in found if answer.question.to}


def test_what_is_declared_has_no_order_that_servers_could_refuse() -> None:
    """Servers take a redirect of a tcp service before its export and not behind it: plans write it first."""
    tcp = {"Kind": "service-defaults", "Name": "api", "Protocol": "tcp"}
    redirect = {"Kind": "service-resolver", "Name": "api", "Redirect": {"Service": "web"}}
    allow = {
        "Kind": "service-intentions",
        "Name": "web",
        "Sources": [{"Name": "*", "Peer": "west", "Action": "allow"}],
    }
    held = world(allow, config_entries=[tcp, EXPORTS, redirect, allow])
    assert asked(held).decision is Decision.UNREACHABLE
    assert asked(held | {"named_services_run": True}).decision is Decision.ALLOWED


def test_what_no_permission_matches_depends_on_the_request() -> None:
    deny = by_permissions({"Action": "deny", "HTTP": {"PathPrefix": "/admin"}})
    answer = asked(world(deny, default_intention="allow"))
    assert answer.conditions == ("any request except /admin*",)
    assert [one.step for one in answer.because if one.verdict is Verdict.UNKNOWN] == ["permissions"]
    unsure = asked(world(deny, default_intention=None))
    assert [one.step for one in unsure.because if one.verdict is Verdict.UNKNOWN] == [
        "permissions",
        "default",
    ]
