"""What does not work as things are, also where servers do not look when they take a write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.sdk.foresight import Write
from reconciler_consul.graph import Graph, Servers
from tests.unit.consul.graph.support import at, gone, graph, holding, write

HTTP = [{"Kind": "service-defaults", "Name": name, "Protocol": "http"} for name in ("db", "api", "job")]
TWO_STEPS = [
    *HTTP,
    {"Kind": "service-splitter", "Name": "api", "Splits": [{"Weight": 100, "Service": "job"}]},
    {
        "Kind": "service-splitter",
        "Name": "db",
        "Splits": [{"Weight": 90, "Service": "db"}, {"Weight": 10, "Service": "api"}],
    },
]
EVERYWHERE = {"Kind": "proxy-defaults", "Name": "global", "Config": {"protocol": "http"}}
HTTP2 = write({"Kind": "service-defaults", "Name": "job", "Protocol": "http2"})


def texts(made: Graph, *writes: Write) -> list[str]:
    """What is broken near these writes, with all of them done."""
    for one in writes:
        made.put(one)
    return sorted(made.broken([one.address for one in writes]).values())


def listener(protocol: str, *services: str) -> dict[str, Any]:
    return {"Port": 8080, "Protocol": protocol, "Services": [{"Name": name} for name in services]}


def test_a_chain_two_steps_away_that_servers_do_not_look_at() -> None:
    """Seen on 1.18: it is taken, and then `api` is refused with these words."""
    made = holding(*TWO_STEPS)
    assert not made.judge(HTTP2).refused
    assert not made.broken([HTTP2.address])
    assert texts(made, HTTP2) == [
        'discovery chain "db" uses inconsistent protocols; service "job" has "http2" which is not "http"'
    ]


def test_what_goes_with_it_mends_it() -> None:
    made = holding(*TWO_STEPS)
    assert not texts(made, HTTP2, write({"Kind": "service-defaults", "Name": "db", "Protocol": "http2"}))


def test_what_has_nothing_to_do_with_it_is_not_looked_at() -> None:
    made = holding(*TWO_STEPS, {"Kind": "service-defaults", "Name": "pay", "Protocol": "http"})
    made.put(HTTP2)
    assert not made.broken([at("service-defaults", "pay")])
    assert not made.broken([at("jwt-provider", "okta")])


def test_a_gateway_whose_service_only_leads_to_it() -> None:
    made = holding(
        EVERYWHERE,
        {"Kind": "service-splitter", "Name": "job", "Splits": [{"Weight": 100, "Service": "api"}]},
        {"Kind": "service-splitter", "Name": "api", "Splits": [{"Weight": 100, "Service": "db"}]},
        {"Kind": "ingress-gateway", "Name": "gw", "Listeners": [listener("http", "job")]},
    )
    found = texts(made, write({"Kind": "service-defaults", "Name": "db", "Protocol": "grpc"}))
    assert found == [
        'service "job" has protocol "grpc", which does not match defined listener protocol "http"'
    ]


def test_intentions_of_layer_7_for_what_only_leads_to_it() -> None:
    rule = {"Name": "web", "Permissions": [{"Action": "allow", "HTTP": {"PathPrefix": "/"}}]}
    made = holding(
        HTTP[0],
        {"Kind": "service-resolver", "Name": "job", "Redirect": {"Service": "api"}},
        {"Kind": "service-resolver", "Name": "api", "Redirect": {"Service": "db"}},
        {"Kind": "service-intentions", "Name": "job", "Sources": [rule]},
    )
    found = texts(made, write({"Kind": "service-defaults", "Name": "db", "Protocol": "tcp"}))
    assert found == ['service "job" has protocol "tcp", which is incompatible with L7 intentions permissions']


def test_a_gateway_and_everything_in_the_proxy_defaults() -> None:
    gateway = {"Kind": "ingress-gateway", "Name": "gw", "Listeners": [listener("http", "web")]}
    made = holding(EVERYWHERE, gateway)
    found = texts(made, gone("proxy-defaults", "global"))
    assert found == [
        'service "web" has protocol "tcp", which does not match defined listener protocol "http"'
    ]
    assert list(made.broken([at("ingress-gateway", "gw")]).values()) == found


def test_an_exported_service_that_leads_to_a_peer_further_on() -> None:
    exports = {"Name": "web", "Consumers": [{"Peer": "dc2"}]}
    made = holding(
        {"Kind": "service-resolver", "Name": "web", "Redirect": {"Service": "api"}},
        {"Kind": "service-resolver", "Name": "api", "Redirect": {"Service": "db"}},
        {"Kind": "exported-services", "Name": "default", "Services": [exports]},
    )
    redirect = {"Service": "db", "Peer": "dc2"}
    found = texts(made, write({"Kind": "service-resolver", "Name": "db", "Redirect": redirect}))
    assert found == ['peer exported service "web" contains cross-peer resolver redirect']


@pytest.mark.parametrize("known", [True, False])
def test_where_a_list_could_not_be_read_nothing_is_said(known: bool) -> None:
    unsure = frozenset() if known else frozenset({"dc1"})
    made = Graph({"dc1": Servers("home", 20)}, unsure)
    for entry in TWO_STEPS:
        made.put(write(entry))
    assert bool(texts(made, HTTP2)) == known


def test_a_chain_of_another_namespace() -> None:
    made = Graph({"dc1": Servers("home", 20, enterprise=True)})
    split = {"Weight": 100, "Service": "job", "Namespace": "default"}
    there = ("default", "finance")
    entries: list[tuple[Mapping[str, Any], tuple[str, ...]]] = [
        (EVERYWHERE, ()),
        ({"Kind": "service-splitter", "Name": "web", "Splits": [split]}, there),
        ({"Kind": "ingress-gateway", "Name": "gw", "Listeners": [listener("http", "web")]}, there),
    ]
    for entry, scope in entries:
        made.put(write(entry, "dc1", *scope))
    found = texts(made, HTTP2)
    assert found == [
        'service "web" has protocol "http2", which does not match defined listener protocol "http"'
    ]


def test_nothing_is_broken_where_nothing_is() -> None:
    assert not graph().broken([HTTP2.address])
