"""Remarks on upstream overrides that hold for other services than their reader may think."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Planned
from reconciler.sdk.provider import ClusterInfo, Step, Verb
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.checks.overrides import override_findings
from reconciler_consul.server.values import Identity

LINK = {"Acceptor": "dc1", "Dialer": "dc2", "Names": {"dc1": "us", "dc2": "eu"}}
BY_NAME = {"Name": "api", "ConnectTimeoutMs": 1000}
BY_PEER = {"Name": "api", "Peer": "eu", "ConnectTimeoutMs": 1000}


def planned(type_: str, cluster: str, name: str, body: dict[str, Any]) -> Planned:
    address = Address(type_, cluster, name)
    return Planned(address, Step(Verb.CREATE, address, None, body), body, body)


def remarks(version: str, *overrides: dict[str, Any], consumer: str = "us") -> list[str]:
    caller = planned("service_defaults", "dc2", "web", {"UpstreamConfig": {"Overrides": list(overrides)}})
    services = [{"Name": "api", "Consumers": [{"Peer": consumer}]}]
    exports = planned("exported_services", "dc1", "default", {"Services": services})
    identity = Identity(ClusterInfo("dc2", "http://dc2", version, "id"), "dc2", "", "")
    context = CheckContext({}, {"dc2": identity}, (caller, exports, planned("peering", "dc1", "dc2", LINK)))
    return [found.message for found in override_findings(caller, context)]


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("1.14.11", 'holds for api of the peer "eu" too'),
        ("1.16.7", 'is for the local api only, not for that of "eu"'),
        ("1.22.0-dev", 'is for the local api only, not for that of "eu"'),
    ],
)
def test_an_override_by_name_of_what_a_peer_exports_as_well(version: str, words: str) -> None:
    (said,) = remarks(version, BY_NAME)

    assert words in said


@pytest.mark.parametrize("version", ["1.15.3", "unknown"])
def test_servers_of_1_15_or_unknown_version_are_not_judged(version: str) -> None:
    assert remarks(version, BY_NAME) == []


def test_with_an_override_for_the_peer_nothing_is_left_to_say() -> None:
    assert remarks("1.20.0", BY_NAME, BY_PEER) == []
    assert remarks("1.20.0", BY_PEER) == []


def test_nothing_is_said_where_the_peer_does_not_export_it_to_this_cluster() -> None:
    assert remarks("1.20.0", BY_NAME, consumer="asia") == []
    assert remarks("1.20.0", {"Name": "db"}) == []


def test_a_caller_without_overrides() -> None:
    assert remarks("1.20.0") == []
