"""Whose access a write takes away, and whose it may give."""

from __future__ import annotations

from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import ANY, NO_ACCESS, Access, Reach, Write
from reconciler_consul.graph import Graph, Servers
from tests.unit.consul.graph.support import gone, holding, write
from tests.unit.consul.graph.test_interims import ALLOW, DENY, HTTP, RULES, exports, intentions, resolver


def shown(access: Access) -> tuple[set[str], set[str]]:
    """(What is closed, what is opened) as service@peer."""
    return tuple({f"{r.service}@{r.peer}" for r in found} for found in (access.closes, access.opens))  # type: ignore[return-value]


def changed(made: Graph, to_be: Write) -> tuple[set[str], set[str]]:
    return shown(made.access(to_be))


def test_exports_open_and_close_what_they_lead_to() -> None:
    route = {
        "Kind": "service-router",
        "Name": "web",
        "Routes": [{"Match": {"HTTP": {"PathPrefix": "/x"}}, "Destination": {"Service": "redis"}}],
    }
    made = holding(*HTTP, route, exports(api=["dc2"]))
    assert changed(made, write(exports(web=["dc2", "dc3"]))) == (
        {"api@dc2"},
        {"web@dc2", "redis@dc2", "web@dc3", "redis@dc3"},
    )
    assert changed(made, gone("exported-services")) == ({"api@dc2"}, set())


def test_a_wildcard_is_every_service_and_covers_what_is_named() -> None:
    made = holding(exports(every=["dc2"], api=["dc2"]))
    assert changed(made, write(exports(every=["dc2"]))) == (set(), set())
    assert changed(made, write(exports(api=["dc2"]))) == ({"*@dc2"}, set())


def test_the_chain_of_what_is_exported_is_part_of_its_access() -> None:
    made = holding(*HTTP, exports(web=["dc2"]))
    assert changed(made, write(resolver(Redirect={"Service": "redis"}))) == ({"web@dc2"}, {"redis@dc2"})
    made.put(write(resolver(Redirect={"Service": "redis"})))
    split = {"Kind": "service-splitter", "Name": "redis", "Splits": [{"Weight": 100, "Service": "db"}]}
    assert changed(made, gone("service-resolver", "web")) == ({"redis@dc2"}, {"web@dc2"})
    assert changed(holding(*HTTP), write(split)) == (set(), set())


def test_a_redirect_to_a_peer_ends_here_if_a_local_resolver_loses_the_peer() -> None:
    away = write(resolver(Redirect={"Service": "redis", "Peer": "dc3"}))
    local = {"Kind": "service-resolver", "Name": "redis", "Subsets": {"v1": {}}}
    for more, opened in (({}, set()), ({"DefaultSubset": "v1"}, {"redis@dc2"})):
        made = holding(*HTTP, exports(web=["dc2"]), {**local, **more})
        assert changed(made, away) == ({"web@dc2"}, opened)
        assert shown(made.accesses([away])[away.address]) == ({"web@dc2"}, opened)


def test_a_default_subset_ends_a_redirect_to_a_peer_but_no_failover() -> None:
    redirect, failover = (
        {"Service": "redis", "Peer": "dc3"},
        {"Targets": [{"Service": "redis", "Peer": "dc3"}]},
    )
    local = {"Kind": "service-resolver", "Name": "redis", "Subsets": {"v1": {}}}
    losing = write({**local, "DefaultSubset": "v1"})
    made = holding(*HTTP, exports(web=["dc2"]), local, resolver(Failover={"*": failover}))
    assert changed(made, losing) == (set(), set())
    assert shown(made.accesses([losing])[losing.address]) == (set(), set())
    made = holding(*HTTP, exports(web=["dc2"]), local, resolver(Redirect=redirect))
    assert changed(made, losing) == (set(), {"redis@dc2"})
    assert shown(made.accesses([losing])[losing.address]) == (set(), {"redis@dc2"})
    made.put(losing)
    assert changed(made, write(local)) == ({"redis@dc2"}, set())


def test_without_exports_chains_and_peerings_change_nobodys_access() -> None:
    assert holding(*HTTP).access(write(resolver(Redirect={"Service": "redis"}))) is NO_ACCESS


def test_a_source_is_denied_or_not_named_or_allowed() -> None:
    def step(before: dict[str, Any] | None, after: dict[str, Any] | None) -> tuple[bool, bool]:
        def entry(rule: dict[str, Any] | None) -> dict[str, Any]:
            return intentions(*([{"Name": "web", "Peer": "dc2", **rule}] if rule else []))

        closes, opens = changed(holding(entry(before)), write(entry(after)))
        assert closes | opens <= {"api@dc2"}
        return bool(closes), bool(opens)

    assert step(None, DENY) == step(ALLOW, None) == step(ALLOW, DENY) == step(ALLOW, RULES) == (True, False)
    assert step(DENY, None) == step(None, ALLOW) == step(DENY, ALLOW) == step(RULES, ALLOW) == (False, True)
    assert step(None, RULES) == step(RULES, None) == (True, True)
    assert step(RULES, {"Permissions": [{"Action": "deny", "HTTP": {"PathPrefix": "/"}}]}) == (True, True)
    assert step(ALLOW, ALLOW) == step(RULES, RULES) == (False, False)


def test_local_callers_are_nobodys_peer_and_a_star_is_every_service() -> None:
    made = holding()
    assert changed(made, write(intentions({"Name": "web", **DENY}))) == ({"api@"}, set())
    everywhere = {**intentions({"Name": "*", **ALLOW}), "Name": "*"}
    assert changed(made, write(everywhere)) == (set(), {f"{ANY}@"})


def test_asking_for_a_token_closes_and_no_longer_asking_opens() -> None:
    jwt = {"JWT": {"Providers": [{"Name": "okta"}]}}
    other = {"JWT": {"Providers": [{"Name": "auth0"}]}}
    source = {"Name": "web", **ALLOW}
    plain, asking = intentions(source), intentions(source, **jwt)
    assert changed(holding(plain), write(asking)) == ({"api@"}, set())
    assert changed(holding(asking), write(plain)) == (set(), {"api@"})
    assert changed(holding(asking), write(intentions(source, **other))) == ({"api@"}, {"api@"})
    denying = intentions({"Name": "web", **DENY})
    assert changed(holding(denying), write({**denying, **jwt})) == (set(), set())


def test_without_the_rule_that_asks_for_a_token_others_count_that_may_not() -> None:
    asking = intentions({"Name": "web", **ALLOW}, JWT={"Providers": [{"Name": "okta"}]})
    assert changed(holding(asking), gone("service-intentions", "api")) == ({"api@"}, {"api@"})


def test_a_peering_brings_the_exports_to_its_name_to_life() -> None:
    made = Graph({"dc1": Servers("one", 20), "dc2": Servers("two", 20)})
    made.put(write(exports(api=["east"], web=["west"])))
    pair = Address("peering", "dc1", "dc2")
    body = {"Acceptor": "dc1", "Dialer": "dc2", "Names": {"dc1": "east", "dc2": "to-dc1"}}
    assert made.access(Write(pair, body)).opens == {Reach("dc1", "api", "east")}
    made.put(Write(pair, body))
    assert changed(made, Write(pair, None)) == ({"api@east"}, set())
    other = {**body, "Names": {"dc1": "west", "dc2": "to-dc1"}}
    assert changed(made, Write(pair, other)) == ({"api@east"}, {"web@west"})
