"""Kinds: the rules know every field, and what Consul writes back is never taken for a difference."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from reconciler.emulator.forms.kinds import KINDS as SANDBOX
from reconciler.emulator.forms.schema import STRUCTS
from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.merge import merge
from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.kinds import Rule
from reconciler_consul.kinds.all import ENTRY_KINDS, KINDS
from reconciler_consul.kinds.fields import snake


def fields_of(text: str) -> Iterator[tuple[str, str]]:
    for line in filter(str.strip, text.split(";")):
        name, kind, *_ = line.split()
        yield name, kind


def missing(rule: Rule, text: str, path: str) -> Iterator[str]:
    """Fields that the emulator's schema has and the rules have not."""
    for name, kind in fields_of(text):
        struct = kind.removeprefix("map:").lstrip("*[]")
        field = rule.fields.get(name)
        if field is None:
            # Before 1.14, and one that servers take and drop.
            if name != "PeerName" and (path, name) != ("proxy-defaults", "Protocol"):
                yield f"{path}.{name}"
        elif struct in STRUCTS and not field.server:
            below = field.each if kind.startswith(("[]", "map:")) else field
            yield from missing(below or Rule(), STRUCTS[struct], f"{path}.{name}")


@pytest.mark.parametrize("kind", sorted(ENTRY_KINDS))
def test_every_field_that_the_sandbox_knows_has_a_rule(kind: str) -> None:
    if kind not in SANDBOX:
        assert entry_kinds()[kind].edition == "enterprise", (
            f"add {kind} to reconciler/emulator/forms/kinds.py"
        )
        return
    assert list(missing(ENTRY_KINDS[kind].rule, SANDBOX[kind].fields or "", kind)) == []


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("OnlyPassing", "only_passing"),
        ("EnvoyClusterJSON", "envoy_cluster_json"),
        ("LocalConnectTimeoutMs", "local_connect_timeout_ms"),
        ("MutualTLSMode", "mutual_tls_mode"),
        ("EnforcingConsecutive5xx", "enforcing_consecutive_5xx"),
        ("SourceIP", "source_ip"),
        ("Peering", "peering"),
    ],
)
def test_snake_case(name: str, written: str) -> None:
    assert snake(name) == written


# What is declared, and what a server then shows (recorded from 1.14 to 1.20).
SAME = [
    (
        "service_resolver",
        {"connect_timeout": "90s"},
        {"Kind": "service-resolver", "Name": "x", "ConnectTimeout": "1m30s"},
    ),
    ("service_resolver", {"ConnectTimeout": "0s", "Subsets": {"v1": {}}}, {"Subsets": {"v1": {}}}),
    (
        "service_resolver",
        {"LoadBalancer": {"HashPolicies": [{"Field": "cookie", "CookieConfig": {"TTL": "1m"}}]}},
        {"LoadBalancer": {"HashPolicies": [{"Field": "cookie", "CookieConfig": {"TTL": 60_000_000_000}}]}},
    ),
    (
        "service_defaults",
        {"protocol": "HTTP", "Meta": {"a": True, "b": 1}},
        {
            "Protocol": "http",
            "TransparentProxy": {},
            "MeshGateway": {},
            "Expose": {},
            "Meta": {"a": "1", "b": "1"},
            "Hash": 18446744073709551615,
            "CreateIndex": 3,
            "ModifyIndex": 9,
        },
    ),
    (
        "service_defaults",
        {"UpstreamConfig": {"Defaults": {"PassiveHealthCheck": {"Interval": "10s", "MaxFailures": 3}}}},
        {
            "UpstreamConfig": {
                "Defaults": {
                    "PassiveHealthCheck": {"Interval": 10_000_000_000, "MaxFailures": 3},
                    "Peer": "",
                    "MeshGateway": {},
                }
            },
            "Protocol": "",
        },
    ),
    (
        "proxy_defaults",
        {"Config": {"a": ["x"], "b": [1, 2]}},
        {"Config": {"a": "x", "b": [1, 2]}, "AccessLogs": {}},
    ),
    ("proxy_defaults", {}, {"Config": None, "Expose": {}, "TransparentProxy": {}}),
    ("service_splitter", {"Splits": [{"Weight": 33.333}]}, {"Splits": [{"Weight": 33.33, "Service": ""}]}),
    (
        "service_router",
        {"Routes": [{"match": {"http": {"path_prefix": "/a", "methods": ["get"]}}}]},
        {"Routes": [{"Match": {"HTTP": {"PathPrefix": "/a", "Methods": ["GET"]}}}]},
    ),
    (
        "service_intentions",
        {"Sources": [{"Name": "b", "Action": "allow"}, {"Name": "a", "Peer": "p", "Action": "deny"}]},
        {
            "Sources": [
                {"Name": "a", "Peer": "p", "Action": "deny", "Precedence": 9, "Type": "consul"},
                {"Name": "b", "Action": "allow", "Precedence": 9, "Type": "consul", "LegacyID": "x"},
            ]
        },
    ),
    (
        "exported_services",
        {"Services": [{"Name": "a", "Consumers": [{"peer_name": "p"}, {"Peer": "o"}]}]},
        {"Services": [{"Name": "a", "Consumers": [{"Peer": "o"}, {"Peer": "p"}]}]},
    ),
    ("mesh", {}, {"Kind": "mesh", "TransparentProxy": {"MeshDestinationsOnly": False}}),
    ("config_entry", {"Kind": "jwt-provider"}, {"ClockSkewSeconds": 30, "Hash": 1, "Kind": "jwt-provider"}),
]


@pytest.mark.parametrize(("type_", "declared", "live"), SAME)
def test_what_consul_writes_back_is_no_difference(type_: str, declared: Any, live: Any) -> None:
    rule = KINDS[type_].rule
    wanted = canonical(rule, declared, declared=True)
    shown = canonical(rule, live, declared=False)
    assert merge(rule, wanted, wanted, shown).target == shown


DIFFERENT = [
    ("service_defaults", {"UpstreamConfig": {"Defaults": {"Limits": {"MaxConnections": 0}}}}, {}),
    ("service_splitter", {"Splits": [{"Weight": 50.5}]}, {"Splits": [{"Weight": 50.6}]}),
    ("service_resolver", {"Subsets": {"v1": {}}}, {}),
    ("proxy_defaults", {"Config": {"a": 0}}, {"Config": {}}),
    ("service_router", {"Routes": [{"Destination": {"Service": "a"}}]}, {"Routes": []}),
    (
        "mesh",
        {"TransparentProxy": {"MeshDestinationsOnly": False}},
        {"TransparentProxy": {"MeshDestinationsOnly": True}},
    ),
]


@pytest.mark.parametrize(("type_", "declared", "live"), DIFFERENT)
def test_a_difference_is_seen(type_: str, declared: Any, live: Any) -> None:
    rule = KINDS[type_].rule
    wanted = canonical(rule, declared, declared=True)
    shown = canonical(rule, live, declared=False)
    assert merge(rule, wanted, wanted, shown).target != shown


REFERRED_TO_FIRST = (
    "acl_policy",
    "proxy_defaults",
    "peering",
    "service_defaults",
    "service_resolver",
    "service_splitter",
    "service_router",
    "service_intentions",
    "exported_services",
)


@pytest.mark.parametrize(("first", "then"), list(pairwise(REFERRED_TO_FIRST)))
def test_what_is_referred_to_is_created_before_what_refers_to_it(first: str, then: str) -> None:
    assert KINDS[first].rank < KINDS[then].rank
