"""Interim steps: what each kind can be meanwhile, the gentlest first, and what that does to traffic."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Interim, Way, Write
from reconciler.sdk.provider import Body, ClusterInfo
from reconciler_consul.foresight import servers
from reconciler_consul.graph import Graph, Servers
from reconciler_consul.server.values import Identity
from tests.unit.consul.graph.support import at, body_of, gone, holding, write

HTTP = [{"Kind": "service-defaults", "Name": name, "Protocol": "http"} for name in ("web", "redis")]


def resolver(name: str = "web", **fields: Any) -> dict[str, Any]:
    return {"Kind": "service-resolver", "Name": name, **fields}


def subsets(*names: str) -> dict[str, Any]:
    return {name: {"Filter": f"Service.Meta.v == {name}"} for name in names}


def asked(made: Graph, to_be: Write, *stuck: Write) -> list[tuple[Interim, Body | None]]:
    """Each step with the body that it makes of what stands."""
    now = made.body(to_be.address)
    found = made.interims(to_be.address, to_be.body, stuck)
    return [(interim, interim.remake(now, to_be.body)) for interim in found]


def test_a_resolver_first_has_the_subsets_of_both() -> None:
    made = holding(*HTTP, resolver(Subsets=subsets("v1"), DefaultSubset="v1"))
    (first, body), (second, other), *rest = asked(
        made, write(resolver(Subsets=subsets("v2"), DefaultSubset="v2"))
    )
    assert (first.way, first.meanwhile, first.opens, first.cuts) == (Way.WIDEN, "", False, False)
    assert body == {"DefaultSubset": "v1", "Subsets": subsets("v2", "v1")}
    assert other == {"DefaultSubset": "v2", "Subsets": subsets("v1", "v2")}
    assert second.way is Way.WIDEN
    assert {interim.way for interim, _ in rest} == {Way.TAKE_DOWN}


def test_widening_works_on_our_part_of_a_resolver_alone() -> None:
    made = holding(*HTTP, resolver(Subsets=subsets("v1"), ConnectTimeout="9s"))
    widen = made.interims(at("service-resolver", "web"), {"Subsets": subsets("v2")}, ())[0]
    assert widen.remake({"Subsets": subsets("v1")}, {"Subsets": subsets("v2")}) == {
        "Subsets": subsets("v2", "v1")
    }
    assert widen.remake(None, {"Subsets": subsets("v2")}) is None
    assert widen.remake({"Subsets": subsets("v1")}, None) == {"Subsets": subsets("v1")}


def test_new_resolvers_that_need_each_other_start_without_missing_targets() -> None:
    to_be = write(
        resolver(Subsets=subsets("v1"), Failover={"*": {"Service": "redis", "ServiceSubset": "v1"}})
    )
    (first, body), *rest = asked(holding(*HTTP), to_be)
    assert (first.way, first.meanwhile) == (Way.WIDEN, "")
    assert body == {"Subsets": subsets("v1")}
    assert rest == []


def test_a_resolver_without_its_redirect_says_where_requests_go_meanwhile() -> None:
    made = holding(*HTTP, resolver(Redirect={"Service": "redis"}))
    found = asked(made, write(resolver(Redirect={"Service": "redis", "Peer": "dc2"})))
    interim, body = found[0]
    assert (interim.way, body) == (Way.TAKE_DOWN, {})
    assert interim.meanwhile == "until it is back, all requests for web go to web itself, none to redis"
    assert interim.opens
    assert not interim.cuts


def test_a_splitter_goes_whole_and_says_who_gets_nothing_meanwhile() -> None:
    split = {
        "Kind": "service-splitter",
        "Name": "web",
        "Splits": [{"Weight": 50}, {"Weight": 50, "Service": "redis"}],
    }
    made = holding(*HTTP, split)
    ((interim, body),) = asked(made, write(split))
    assert (interim.way, body) == (Way.TAKE_DOWN, None)
    assert interim.meanwhile == "until it is back, all requests for web go to web itself, none to redis"
    assert interim.cuts
    assert not interim.opens


def test_a_service_outside_of_the_mesh_is_a_part_of_it_first() -> None:
    outside = {"Kind": "service-defaults", "Name": "web", "Protocol": "http", "ExternalSNI": "web.example"}
    ((interim, body),) = asked(holding(), write(outside))
    assert (interim.way, interim.meanwhile, body) == (Way.WIDEN, "", {"Protocol": "http"})
    ((interim, body),) = asked(holding(outside), write({**outside, "Meta": {"x": "y"}}))
    assert (interim.way, interim.cuts) == (Way.TAKE_DOWN, True)
    assert body == {"Protocol": "http", "Meta": {"x": "y"}}
    assert asked(holding(*HTTP), write(HTTP[0])) == []


def test_what_neither_exists_nor_is_added_cannot_be_in_an_interim_step() -> None:
    assert holding().interims(at("service-splitter", "web"), None, ()) == ()
    route = {"Kind": "service-router", "Name": "web", "Routes": []}
    assert asked(holding(*HTTP), write(route)) == []
    assert asked(holding(*HTTP, route), gone("service-router", "web")) == []


def gateway(**services: str) -> dict[str, Any]:
    listeners = [
        {"Port": port, "Protocol": protocol, "Services": [{"Name": name}]}
        for port, (name, protocol) in enumerate(services.items(), start=8080)
    ]
    return {"Kind": "ingress-gateway", "Name": "gw", "Listeners": listeners}


def test_a_gateway_lets_go_of_the_service_that_is_in_the_way() -> None:
    made = holding(*HTTP, gateway(web="http", redis="http"))
    goal = write({"Kind": "service-defaults", "Name": "web", "Protocol": "grpc"})
    (interim, body), *rest = asked(made, write(gateway(web="grpc", redis="http")), goal)
    assert interim.way is Way.TAKE_DOWN
    assert [listener["Services"] for listener in (body or {})["Listeners"]] == [[{"Name": "redis"}]]
    assert interim.meanwhile == "until it is back, the gateway gw serves no requests for web"
    assert interim.cuts
    assert [body for _, body in rest] == [None]


def test_a_gateway_that_lets_go_of_a_service_for_good_only_narrows() -> None:
    made = holding(*HTTP, gateway(web="http", redis="http"))
    new = {**gateway(web="http"), "TLS": {"Enabled": True}}
    interim, body = asked(made, write(new))[0]
    assert (interim.way, interim.cuts) == (Way.NARROW, False)
    assert body == body_of(at("ingress-gateway", "gw"), gateway(web="http"))


def exports(**services: list[str]) -> dict[str, Any]:
    return {
        "Kind": "exported-services",
        "Name": "default",
        "Services": [
            {"Name": name.replace("every", "*"), "Consumers": [{"Peer": peer} for peer in peers]}
            for name, peers in services.items()
        ],
    }


def test_exports_close_first_what_they_close() -> None:
    made = holding(exports(api=["dc2", "dc3"], old=["dc2"]))
    interim, body = asked(made, write(exports(api=["dc3", "dc4"], new=["dc2"])))[0]
    assert (interim.way, interim.meanwhile, interim.cuts) == (Way.NARROW, "", False)
    assert body == body_of(at("exported-services"), exports(api=["dc3"]))


def test_exports_let_go_of_the_service_that_is_in_the_way() -> None:
    made = holding(exports(api=["dc2"], web=["dc2"]))
    found = asked(made, write(exports(api=["dc2"], web=["dc2"])), write(resolver("api")))
    interim, body = found[0]
    assert body == body_of(at("exported-services"), exports(web=["dc2"]))
    assert interim.way is Way.TAKE_DOWN
    assert interim.meanwhile == "until it is back, api cannot be called from dc2"
    assert interim.cuts


def test_exports_let_go_of_their_wildcard_where_that_is_in_the_way() -> None:
    made = holding(exports(every=["dc2"], web=["dc2"]))
    bodies = [
        body for _, body in asked(made, write(exports(every=["dc2"], web=["dc2"])), write(resolver("api")))
    ]
    assert bodies == [body_of(at("exported-services"), exports(web=["dc2"])), None]


def intentions(*sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Kind": "service-intentions", "Name": "api", "Sources": list(sources), **more}


ALLOW, DENY = {"Action": "allow"}, {"Action": "deny"}
RULES = {"Permissions": [{"Action": "allow", "HTTP": {"PathPrefix": "/v1"}}]}


def test_intentions_are_the_stricter_of_both_meanwhile() -> None:
    before = intentions(
        {"Name": "a", **ALLOW}, {"Name": "b", **DENY}, {"Name": "c", **ALLOW}, {"Name": "d", **RULES}
    )
    after = intentions(
        {"Name": "a", **DENY}, {"Name": "b", **ALLOW}, {"Name": "d", **ALLOW}, {"Name": "e", **ALLOW}
    )
    interim, body = asked(holding(before), write(after))[0]
    assert interim.way is Way.NARROW
    assert body == body_of(
        at("service-intentions", "api"),
        intentions({"Name": "a", **DENY}, {"Name": "b", **DENY}, {"Name": "d", **RULES}),
    )
    assert not interim.cuts


def test_other_permissions_turn_their_source_away_meanwhile() -> None:
    other = {"Permissions": [{"Action": "allow", "HTTP": {"PathPrefix": "/v2"}}]}
    before = intentions({"Name": "d", "Peer": "dc2", **RULES})
    interim, body = asked(holding(before), write(intentions({"Name": "d", "Peer": "dc2", **other})))[0]
    assert (body or {})["Sources"] == [{"Name": "d", "Peer": "dc2", "Action": "deny"}]
    assert interim.cuts
    assert interim.meanwhile == "until it is done, d of dc2 cannot call api"


EVERYBODY, NOBODY = {"Name": "*", **ALLOW}, "everybody else cannot call api"


@pytest.mark.parametrize(
    ("default", "before", "after", "said"),
    [
        (
            None,
            [{"Name": "*", **RULES}],
            [],
            "everybody else cannot call api, where the default intention is allow",
        ),
        ("allow", [{"Name": "*", **RULES}], [], NOBODY),
        ("deny", [{"Name": "*", **RULES}], [], ""),
        ("allow", [], [{"Name": "d", "Peer": "dc2", **RULES}], "d of dc2 cannot call api"),
        ("deny", [], [{"Name": "d", **RULES}], ""),
        ("deny", [{"Name": "d", **RULES}], [EVERYBODY], "d cannot call api"),
        ("deny", [{"Name": "d", **ALLOW}, {"Name": "*", **DENY}], [EVERYBODY], "d cannot call api"),
        ("allow", [{"Name": "d", **RULES}, EVERYBODY], [{"Name": "*", **DENY}], ""),
    ],
)
def test_who_gets_in_before_and_after_and_not_meanwhile_is_said(
    default: str | None, before: list[dict[str, Any]], after: list[dict[str, Any]], said: str
) -> None:
    made = holding(intentions(*before), default=default)
    interim = asked(made, write(intentions(*after)))[0][0]
    assert interim.meanwhile == (f"until it is done, {said}" if said else "")
    assert interim.cuts == bool(said)


@pytest.mark.parametrize(
    ("said", "declared", "counts"), [("allow", "deny", "allow"), (None, "deny", "deny"), (None, None, None)]
)
def test_the_default_intention_is_as_declared_where_the_cluster_does_not_say_it(
    said: Literal["allow", "deny"] | None, declared: str | None, counts: str | None
) -> None:
    info = ClusterInfo("dc1", "http://127.0.0.1:1", "1.20.0", "id", default_intention=said)
    assert servers(Identity(info, "dc1", "", ""), declared).default == counts


def test_the_intentions_for_every_service_count_where_there_is_no_own_rule() -> None:
    general = {**intentions(EVERYBODY), "Name": "*"}
    made = holding(general, intentions({"Name": "*", **RULES}), default="deny")
    interim = asked(made, write(intentions({"Name": "b", **DENY})))[0][0]
    assert interim.meanwhile == "until it is done, everybody else cannot call api"


def test_who_is_asked_for_a_token_is_turned_away_before_weaker_rules_count() -> None:
    asking = intentions({"Name": "a", **ALLOW}, {"Name": "b", **DENY}, JWT={"Providers": [{"Name": "okta"}]})
    made = holding(asking)
    (narrow, *_) = made.interims(at("service-intentions", "api"), None, ())
    body = narrow.remake(made.body(at("service-intentions", "api")), None)
    assert (body or {})["Sources"] == [{"Name": "a", "Action": "deny"}, {"Name": "b", "Action": "deny"}]
    plain = intentions({"Name": "a", **ALLOW})
    token = intentions({"Name": "a", **ALLOW}, JWT={"Providers": [{"Name": "okta"}]})
    assert asked(holding(plain), write(token)) == []


def test_a_peering_can_only_go_and_come_back() -> None:
    made = Graph({"dc1": Servers("one", 20), "dc2": Servers("two", 20)})
    pair = Address("peering", "dc1", "dc2")
    body = {"Acceptor": "dc1", "Dialer": "dc2", "Names": {"dc1": "b", "dc2": "a"}}
    made.put(Write(pair, body))
    (interim,) = made.interims(pair, {**body, "Names": {"dc1": "c", "dc2": "a"}}, ())
    assert (interim.way, interim.cuts, interim.remake(body, body)) == (Way.TAKE_DOWN, True, None)
    assert interim.meanwhile == "until it is recreated, nothing passes between dc1 and dc2"
    assert made.interims(pair, None, ()) == ()
