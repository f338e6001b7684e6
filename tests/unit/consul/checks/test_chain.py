"""Remarks on ways to a peer that a plan takes away."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Planned
from reconciler.sdk.provider import ClusterInfo, Present, Step, Verb
from reconciler_consul.checks.chain import chain_findings, closing_findings
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.server.values import Identity

RESOLVER = Address("service_resolver", "dc2", "api")
PEERING = Address("peering", "dc1", "dc2")
BOTH = {"Failover": {"*": {"Targets": [{"Peer": "eu"}, {"Peer": "asia", "Service": "pay"}]}}}
ONE = {"Failover": {"*": {"Targets": [{"Peer": "asia", "Service": "pay"}]}}}
REDIRECT = {"Redirect": {"Service": "pay", "Peer": "eu"}}
LOCAL = {"Redirect": {"Service": "pay"}}


def planned(address: Address, before: dict[str, Any], after: dict[str, Any] | None) -> Planned:
    verb = Verb.DELETE if after is None else Verb.UPDATE
    return Planned(address, Step(verb, address, Present(before), after), after, after)


def remarks(before: dict[str, Any], after: dict[str, Any] | None, version: str, *more: Planned) -> list[str]:
    item = planned(RESOLVER, before, after)
    identity = Identity(ClusterInfo("dc2", "http://dc2", version, "id"), "dc2", "", "")
    return [
        found.message for found in chain_findings(item, CheckContext({}, {"dc2": identity}, (item, *more)))
    ]


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (BOTH, None, "api of eu, pay of asia"),
        (BOTH, ONE, "api of eu"),
        (BOTH, REDIRECT, "api of eu, pay of asia"),
        (REDIRECT, None, "pay of eu"),
        (ONE, BOTH, None),
        (LOCAL, None, None),
    ],
)
def test_what_no_longer_leads_to_a_peer_is_named(
    before: dict[str, Any], after: dict[str, Any] | None, named: str | None
) -> None:
    found = remarks(before, after, "1.20.1")

    assert [named in text for text in found] == ([True] if named else [])


@pytest.mark.parametrize(
    ("version", "told"), [("1.14.11", True), ("1.20.6+ent", True), ("1.22.0-dev", False)]
)
def test_only_servers_that_cut_more_are_remarked_on(version: str, told: bool) -> None:
    assert bool(remarks(REDIRECT, None, version)) is told


def test_nothing_is_said_where_the_peering_goes_as_well() -> None:
    link = {"Acceptor": "dc1", "Dialer": "dc2", "Names": {"dc1": "us", "dc2": "eu"}}

    assert remarks(REDIRECT, None, "1.20.1", planned(PEERING, link, None)) == []
    assert remarks(REDIRECT, None, "1.20.1", planned(PEERING, link, link)) != []


DENY, ALLOW = {"Name": "web", "Action": "deny"}, {"Name": "web", "Action": "allow"}


@pytest.mark.parametrize(
    ("version", "resolver", "before", "after", "told"),
    [
        ("1.20.1", REDIRECT, [ALLOW], [DENY], True),
        ("1.20.1", REDIRECT, [], [{"Name": "*", "Action": "deny"}], True),
        ("1.22.0", REDIRECT, [ALLOW], [DENY], False),
        ("1.20.1", LOCAL, [ALLOW], [DENY], False),
        ("1.20.1", REDIRECT, [DENY], [DENY, {"Name": "job", "Action": "allow"}], False),
        ("1.20.1", REDIRECT, [], [{**DENY, "Peer": "eu"}], False),
    ],
)
def test_closing_a_name_that_leads_to_a_peer_cuts_the_imported_name(
    version: str, resolver: dict[str, Any], before: list[Any], after: list[Any], told: bool
) -> None:
    address = Address("service_intentions", "dc2", "api")
    item = planned(address, {"Sources": before}, {"Sources": after})
    beside = Planned(RESOLVER, None, resolver, resolver)
    identity = Identity(ClusterInfo("dc2", "http://dc2", version, "id"), "dc2", "", "")

    found = list(closing_findings(item, CheckContext({}, {"dc2": identity}, (item, beside))))

    assert ["api leads to pay of eu" in one.message for one in found] == ([True] if told else [])
    assert not any(one.blocks for one in found)
