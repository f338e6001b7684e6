"""Entries that others wrote: the documented spelling of their fields, and values that are wrong there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from reconciler_consul.kinds.spelling import documented, documented_all, documented_top, documented_tops
from reconciler_consul.kinds.wrong import wrong_in
from reconciler_consul.worlds.given import LOOKED_THROUGH, given
from tests.support.tables import each

INTENTIONS = {
    "Kind": "service-intentions",
    "Name": "api",
    "Sources": [
        {
            "Name": "web",
            "Peer": "dc2",
            "Permissions": [
                {
                    "Action": "allow",
                    "HTTP": {
                        "PathPrefix": "/",
                        "Methods": ["GET"],
                        "Header": [{"Name": "x", "Present": True}],
                    },
                }
            ],
        }
    ],
}
RESOLVER = {
    "Kind": "service-resolver",
    "Name": "api",
    "DefaultSubset": "v1",
    "Subsets": {"path_prefix": {"OnlyPassing": True}},
    "Failover": {"Name": {"Targets": [{"Peer": "dc2", "ServiceSubset": "v2"}]}},
}
SPLITTER = {"Kind": "service-splitter", "Name": "api", "Splits": [{"Weight": 100, "ServiceSubset": "v1"}]}
EXPORTS = {
    "Kind": "exported-services",
    "Name": "default",
    "Services": [{"Name": "a", "Consumers": [{"Peer": "b"}]}],
}

WRITTEN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({**INTENTIONS, "sources": [], "Meta": {"name": "x"}}, {**INTENTIONS, "Meta": {"name": "x"}}),
    (
        {"kind": "mesh", "peering": {"peer_through_mesh_gateways": "true"}},
        {"Kind": "mesh", "Peering": {"PeerThroughMeshGateways": True}},
    ),
    (
        {
            "Kind": "service-intentions",
            "name": "api",
            "sources": {
                "name": "web",
                "peer": "dc2",
                "permissions": {
                    "action": "allow",
                    "http": [{"path_prefix": "/", "methods": "GET", "header": {"name": "x", "PRESENT": 1}}],
                },
            },
        },
        INTENTIONS,
    ),
    (
        {
            "Kind": "service-resolver",
            "Name": "api",
            "default_subset": "v1",
            "subsets": {"path_prefix": {"only_passing": "1"}},
            "failover": {"Name": {"targets": {"peer": "dc2", "service_subset": "v2"}}},
        },
        RESOLVER,
    ),
    (
        {"Kind": "service-splitter", "Name": "api", "splits": [{"weight": "100", "service_subset": "v1"}]},
        SPLITTER,
    ),
    (
        {
            "Kind": "exported-services",
            "Name": "default",
            "services": [{"name": "a", "consumers": [{"peer_name": "b"}]}],
        },
        EXPORTS,
    ),
    (
        {"Kind": "of-a-newer-consul", "name": "x", "path_prefix": 1},
        {"Kind": "of-a-newer-consul", "Name": "x", "path_prefix": 1},
    ),
]


@each("row", WRITTEN, ids=lambda row: str(row[1]["Kind"]))
def test_an_entry_is_read_as_consul_reads_it(row: tuple[dict[str, Any], dict[str, Any]]) -> None:
    given, expected = row
    assert documented(given) == expected
    assert documented_top(given)["Kind"] == expected["Kind"]


@each("body", [INTENTIONS, RESOLVER, SPLITTER, EXPORTS], ids=lambda body: str(body["Kind"]))
def test_what_is_spelled_as_documented_is_not_copied(body: dict[str, Any]) -> None:
    assert documented(body) is body
    assert documented_top(body) is body
    assert wrong_in(body) == ""


def _odd(value: Any) -> Iterator[Any]:
    """Yield a value with one thing in it spelled otherwise: a name of a field, or a value's type."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield {(key.lower() if name == key else name): other for name, other in value.items()}
            yield from ({**value, key: odd} for odd in _odd(one))
    elif isinstance(value, list):
        yield value[0]
        for number, one in enumerate(value):
            yield from ([*value[:number], odd, *value[number + 1 :]] for odd in _odd(one))
    else:
        yield [value]
        yield str(value)


@each("body", [INTENTIONS, RESOLVER, SPLITTER, EXPORTS], ids=lambda body: str(body["Kind"]))
def test_entries_are_read_together_as_they_are_read_one_by_one(body: dict[str, Any]) -> None:
    plain = [INTENTIONS, RESOLVER, SPLITTER, EXPORTS, {**RESOLVER, "Meta": {"a": "b"}}]
    assert documented_all(plain) is plain
    for odd in _odd(body):
        assert documented_all([*plain, odd]) == [documented(one) for one in (*plain, odd)]


def test_a_list_is_read_as_its_entries_are() -> None:
    plain: list[Any] = [INTENTIONS, RESOLVER, SPLITTER, EXPORTS]
    assert documented_tops(plain) is plain
    for odd in ({"kind": "mesh"}, {**RESOLVER, "Kind": ["x"]}, {"Name": "no kind"}, "no entry", None):
        read = documented_tops([*plain, odd, {**INTENTIONS, "meta": {}}])
        assert read[:-2] == plain
        assert read[-2] == (documented_top(odd) if isinstance(odd, dict) else odd)
        assert read[-1] == {**INTENTIONS, "Meta": {}}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({**INTENTIONS, "Sources": 5}, ".Sources[0] is not an object"),
    ({**INTENTIONS, "Sources": ["web"]}, ".Sources[0] is not an object"),
    ({**INTENTIONS, "Sources": [{"Name": ["web", "x"]}]}, ".Sources[0].Name is not a text"),
    (
        {**INTENTIONS, "Sources": [{"Permissions": [{"HTTP": {"Methods": [{}]}}]}]},
        ".Sources[0].Permissions[0].HTTP.Methods[0] is not a text",
    ),
    (
        {**INTENTIONS, "Sources": [{"Permissions": [{"HTTP": True}]}]},
        ".Sources[0].Permissions[0].HTTP is not an object",
    ),
    ({**INTENTIONS, "Meta": [1, 2]}, ".Meta is not an object"),
    ({**RESOLVER, "Failover": {"*": 3}}, ".Failover.* is not an object"),
    ({**RESOLVER, "Failover": {"*": {"Targets": ["x"]}}}, ".Failover.*.Targets[0] is not an object"),
    (
        {**RESOLVER, "Subsets": {"v1": {"OnlyPassing": "maybe"}}},
        ".Subsets.v1.OnlyPassing is not true or false",
    ),
    ({**SPLITTER, "Splits": [{"Weight": "half"}]}, ".Splits[0].Weight is not a number"),
]


@each("row", WRONG, ids=lambda row: row[1])
def test_a_value_that_no_server_takes_is_told_with_its_place(row: tuple[dict[str, Any], str]) -> None:
    body, said = row
    assert wrong_in(documented(body)) == said
    with pytest.raises(ValueError, match="config_entries") as raised:
        given({"clusters": {"dc1": {"config_entries": [EXPORTS, body]}}})
    assert str(raised.value) == f"$.clusters.dc1.config_entries[1]{said}"


def test_null_and_items_that_are_null_are_as_good_as_nothing() -> None:
    assert wrong_in({**INTENTIONS, "Sources": [None, {"Name": None, "Permissions": None}], "JWT": None}) == ""


def test_entries_of_a_large_world_are_spelled_as_far_as_they_are_found_by() -> None:
    entry = {"kind": "service-defaults", "name": "api", "mesh_gateway": {"mode": "local"}}
    world = given({"clusters": {"dc1": {"config_entries": [entry] * (LOOKED_THROUGH + 1)}}})
    found = world["clusters"]["dc1"]["config_entries"][0]
    assert found == {"Kind": "service-defaults", "Name": "api", "MeshGateway": {"mode": "local"}}
