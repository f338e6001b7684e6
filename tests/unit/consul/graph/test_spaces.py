"""Access in several namespaces of a partition (Enterprise): a service of another one is another service."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.foresight import Reach, Write
from reconciler_consul.foresight_needs import needed
from reconciler_consul.graph import Graph, Servers
from reconciler_consul.graph.body import CHAIN_KINDS
from reconciler_consul.server.listing import ListKey
from tests.unit.consul.graph.support import Value, gone, write
from tests.unit.consul.graph.test_access import shown

FINANCE = ("team", "finance")


def graph(*entries: Write) -> Graph:
    made = Graph({"team": Servers("home", 20, True, "team")})
    for one in entries:
        made.put(one)
    return made


def exports(*services: Value) -> Write:
    items = [{**service, "Consumers": [{"Peer": "east"}]} for service in services]
    return write({"Kind": "exported-services", "Name": "team", "Services": items}, "team", "team")


def resolver(name: str, *scope: str, **fields: Any) -> Write:
    return write({"Kind": "service-resolver", "Name": name, **fields}, "team", *(scope or ("team",)))


@pytest.fixture(params=["one write", "several writes"])
def changed(request: pytest.FixtureRequest) -> Any:
    """Both ways to ask: for one write as things stand, and for several whatever their order."""
    together = request.param == "several writes"

    def ask(made: Graph, to_be: Write) -> tuple[set[str], set[str]]:
        return shown(made.accesses([to_be])[to_be.address] if together else made.access(to_be))

    return ask


def test_exports_of_a_namespace_are_about_its_own_services(changed: Any) -> None:
    api: Value = {"Name": "api", "Namespace": "finance"}
    assert changed(graph(), exports(api)) == (set(), {"finance/api@east"})
    assert changed(graph(exports(api)), exports({"Name": "api"})) == ({"finance/api@east"}, {"api@east"})


def test_a_chain_of_a_namespace_is_exported_where_its_exports_say_so(changed: Any) -> None:
    led = resolver("api", *FINANCE, Redirect={"Service": "db"})
    made = graph(exports({"Name": "api", "Namespace": "finance"}))
    assert changed(made, led) == ({"finance/api@east"}, {"finance/db@east"})
    assert changed(graph(exports({"Name": "api"})), led) == (set(), set())


def test_a_redirect_to_the_same_name_of_another_namespace_changes_access(changed: Any) -> None:
    led = resolver("api", Redirect={"Service": "api", "Namespace": "finance"})
    made = graph(exports({"Name": "api"}))
    assert changed(made, led) == ({"api@east"}, {"finance/api@east"})
    made.put(led)
    assert changed(made, gone("service-resolver", "api", "team", "team")) == (
        {"finance/api@east"},
        {"api@east"},
    )


def test_intentions_are_about_the_services_of_their_namespace(changed: Any) -> None:
    deny = {"Name": "*", "Peer": "east", "Action": "deny"}
    denied = write({"Kind": "service-intentions", "Name": "api", "Sources": [deny]}, "team", *FINANCE)
    assert changed(graph(), denied) == ({"finance/api@east"}, set())


def test_callers_get_as_far_as_what_is_exported_from_their_namespace() -> None:
    made = graph(exports({"Name": "api", "Namespace": "finance"}))
    made.put(resolver("api", *FINANCE, Failover={"*": {"Service": "db"}}))
    assert made.arrives(Reach("team", "finance/db", "east"))
    assert not made.arrives(Reach("team", "db", "east"))


def test_an_interim_step_names_the_namespace_that_requests_go_to() -> None:
    there = {"Targets": [{"Service": "db", "Namespace": "finance"}]}
    held = resolver("api", Failover={"*": there}, Redirect={"Service": "web"})
    made = graph(held)
    said = [interim.meanwhile for interim in made.interims(held.address, held.body, [])]
    assert (
        "until it is back, all requests for api go to api itself and db of namespace finance, none to web"
        in said
    )


@pytest.mark.parametrize("kind", ["proxy-defaults", "exported-services"])
def test_what_a_partition_shares_needs_the_lists_of_all_its_namespaces(kind: str) -> None:
    named = {"proxy-defaults": "global", "exported-services": "team"}[kind]
    shared = write({"Kind": kind, "Name": named, "Services": []}, "team", "team")
    standing = resolver("api", *FINANCE)
    found = needed({standing.address: standing.body or {}}, [shared])
    assert found is not None
    assert {
        ListKey("team", kind, "team", space) for kind in CHAIN_KINDS for space in (None, "finance")
    } <= found


@pytest.mark.parametrize("scope", [("team",), FINANCE], ids=["the default one", "another one"])
def test_a_chains_entry_needs_the_lists_of_all_known_namespaces(
    scope: tuple[str, ...],
) -> None:
    read = [ListKey("team", "service-defaults", "team", space) for space in (None, "finance")]
    found = needed({}, [resolver("web", *scope, Redirect={"Service": "api"})], read)
    assert found is not None
    spaces = {place.namespace for place in found if place.kind == "service-defaults"}
    assert spaces == {None, "finance"}
