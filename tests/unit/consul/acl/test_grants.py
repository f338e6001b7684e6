"""The least policy: which rules each kind of object takes, and nothing besides."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler_consul.acl.grants import AGENT, grants
from reconciler_consul.acl.needs import referenced
from tests.support.tables import each

PAIR = {"Acceptor": "dc1", "Dialer": "dc2"}


def rules(held: dict[str, Any], *, read_only: bool = False, cluster: str = "dc1") -> list[str]:
    found = grants(
        ("dc1", "dc2"), {Address.parse(name): body for name, body in held.items()}, read_only=read_only
    )
    return [grant.rule for grant in found[cluster] if grant != AGENT]


@each(
    ("held", "writing", "reading"),
    [
        ({"peering.dc1/dc2": PAIR}, ['peering = "write"'], ['peering = "read"']),
        ({"peering.dc2/dc1": None}, ['peering = "write"'], ['peering = "read"']),
        ({"mesh.dc1/mesh": {}}, ['mesh = "write"'], []),
        ({"proxy_defaults.dc1/global": {}}, ['mesh = "write"'], []),
        ({"exported_services.dc1/default": {}}, ['mesh = "write"'], ['mesh = "read"']),
        ({"config_entry.dc1/jwt-provider/x": {}}, ['mesh = "write"'], ['mesh = "read"']),
        (
            {"config_entry.dc1/terminating-gateway/gw": {}},
            ['mesh = "write"', 'service "gw" { policy = "read" }'],
            ['service "gw" { policy = "read" }'],
        ),
        (
            {"service_defaults.dc1/a": {}},
            ['service "a" { policy = "write" }'],
            ['service "a" { policy = "read" }'],
        ),
        (
            {"service_intentions.dc1/a": {}},
            ['service "a" { policy = "read"  intentions = "write" }'],
            ['service "a" { policy = "read" }'],
        ),
        (
            {"service_splitter.dc1/a": {"Splits": [{"Weight": 50}, {"Service": "b", "Weight": 50}]}},
            ['service "a" { policy = "write" }', 'service "b" { policy = "read" }'],
            ['service "a" { policy = "read" }'],
        ),
        (
            {"service_splitter.dc1/a": None},
            ['service "a" { policy = "write" }'],
            ['service "a" { policy = "read" }'],
        ),
        ({"acl_policy.dc1/p": {}}, ['acl = "write"'], ['acl = "read"']),
        ({"service_defaults.dc2/a": {}}, [], []),
    ],
)
def test_a_kind_takes_these_rules(held: dict[str, Any], writing: list[str], reading: list[str]) -> None:
    assert rules(held) == writing
    assert rules(held, read_only=True) == reading


def test_intentions_on_all_services_need_every_rule_to_write_them() -> None:
    held = {
        "service_intentions.dc1/*": {},
        "service_defaults.dc1/a": {},
        "service_resolver.dc1/b": {"Redirect": {"Service": "c"}},
    }

    assert rules(held) == [
        'service_prefix "" { policy = "read"  intentions = "write" }',
        'service "a" { policy = "write"  intentions = "write" }',
        'service "b" { policy = "write"  intentions = "write" }',
    ]
    assert rules(held, read_only=True) == ['service_prefix "" { policy = "read" }']


def test_a_name_has_one_rule_with_all_its_reasons() -> None:
    held = {Address.parse(f"{kind}.dc1/a"): {} for kind in ("service_defaults", "service_intentions")}

    (grant, _) = grants(("dc1",), held, read_only=False)["dc1"]

    assert grant.rule == 'service "a" { policy = "write"  intentions = "write" }'
    assert grant.reasons == ("service_defaults.dc1/a", "service_intentions.dc1/a")


def test_many_reasons_are_counted() -> None:
    held = {Address("peering", "dc1", f"dc{number}"): None for number in range(2, 9)}

    assert grants(("dc1",), held, read_only=False)["dc1"][0].reasons[-1] == "and 4 more"


@pytest.mark.parametrize(
    ("kind", "body", "found"),
    [
        ("service-resolver", {"Redirect": {"Service": "b", "Peer": "p"}}, {"b"}),
        ("service-resolver", {"Redirect": {"Datacenter": "dc2"}}, set()),
        ("service-resolver", {"Failover": {"*": {"Targets": [{"Service": "b", "Peer": "p"}]}}}, set()),
        ("service-resolver", {"Failover": {"*": {"Targets": [{"Service": "b"}, {"Peer": "p"}]}}}, {"b"}),
        ("service-resolver", {"Failover": {"v1": {"Service": "b"}, "v2": {"ServiceSubset": "x"}}}, {"b"}),
        ("service-router", {"Routes": [{"Destination": {"Service": "b"}}, {"Match": {}}]}, {"b"}),
        ("service-defaults", {"Redirect": {"Service": "b"}}, set()),
    ],
)
def test_references_are_those_that_consul_asks_about(
    kind: str, body: dict[str, Any], found: set[str]
) -> None:
    assert referenced(kind, "a", body) == found
