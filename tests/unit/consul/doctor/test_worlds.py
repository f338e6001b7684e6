"""Findings from a world: what only rows, clocks and versions say. What can be provoked on clusters is in
tests/flows/doctor and tests/live/test_doctor.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler_consul.doctor.catalogue import COMPLAINTS
from reconciler_consul.doctor.examining import diagnosed
from tests.support.tables import each

World = dict[str, Any]
DOMAIN = "11111111-2222.consul"


def cluster(datacenter: str, *services: str, **more: Any) -> World:
    return {
        "datacenter": datacenter,
        "version": "1.20.0",
        "default_intention": "allow",
        "gateway": True,
        "gateways": {"instances": 1, "passing": 1, "with_wan_address": 1},
        "services": [{"name": name, "instances": 1} for name in services],
        "config_entries": [],
        "trust_domain": DOMAIN,
        "ports": {"http": 8500, "grpc": 8502, "grpc_tls": 8503},
        "clock_offset_s": 0,
        **more,
    }


def healthy() -> World:
    """api of dc1 is exported to dc2, which has imported it."""
    exports = {"Name": "api", "Consumers": [{"Peer": "east"}]}
    entry = {"Kind": "exported-services", "Name": "default", "Services": [exports]}
    link = {
        "acceptor": "dc1",
        "dialer": "dc2",
        "name_at_acceptor": "east",
        "name_at_dialer": "west",
        "heartbeat_age_s": 3,
        "state_at_acceptor": "ACTIVE",
        "state_at_dialer": "ACTIVE",
        "exported_at_acceptor": ["api"],
        "imported_at_acceptor": [],
        "exported_at_dialer": [],
        "imported_at_dialer": ["api"],
        "server_name_at_dialer": f"server.dc1.peering.{DOMAIN}",
        "server_hostnames_at_dialer": 0,
        "server_ips_at_dialer": 3,
        "server_ports_at_dialer": ["8503"],
    }
    clusters = {"dc1": cluster("dc1", "api", config_entries=[entry]), "dc2": cluster("dc2", "web")}
    return {"taken_at": "2026-01-01T00:00:00Z", "clusters": clusters, "peerings": [link]}


def rules(world: World) -> list[str]:
    return [one.rule for one in diagnosed(world, {})]


def test_nothing_is_found_where_everything_works() -> None:
    assert rules(healthy()) == []


def link(**more: Any) -> Callable[[World], None]:
    return lambda world: world["peerings"][0].update(more)


def of(name: str, **more: Any) -> Callable[[World], None]:
    return lambda world: world["clusters"][name].update(more)


CASES: list[tuple[str, Callable[[World], None]]] = [
    ("cluster-silent", of("dc2", unknown={"cluster": "connection refused"})),
    ("clock-apart", of("dc2", clock_offset_s=-40)),
    ("version-too-old", of("dc1", version="1.13.2")),
    ("link-one-ended", link(state_at_dialer="ABSENT")),
    ("link-ended", link(state_at_acceptor="TERMINATED", state_at_dialer="ABSENT")),
    ("link-leaving", link(state_at_acceptor="DELETING")),
    ("link-failing", link(state_at_dialer="FAILING", heartbeat_age_s=300)),
    ("link-incomplete", link(state_at_acceptor="PENDING", state_at_dialer="ABSENT")),
    ("heartbeat-old", link(heartbeat_age_s=90)),
    ("mixed-addresses", link(server_hostnames_at_dialer=1)),
    ("http-port", link(server_ports_at_dialer=["8500"])),
    ("server-name", link(server_name_at_dialer="server.dc1.peering.99999999.consul")),
    ("server-name", of("dc1", datacenter="dc-one")),
    ("export-not-sent", link(exported_at_acceptor=[], imported_at_dialer=[])),
    ("import-not-received", link(imported_at_dialer=[])),
    ("nothing-allowed", of("dc1", default_intention="deny")),
]


@each(("rule", "change"), CASES, ids=[f"{n} {rule}" for n, (rule, _) in enumerate(CASES)])
def test_a_fault_is_found(rule: str, change: Callable[[World], None]) -> None:
    world = healthy()
    change(world)
    found = diagnosed(world, {})
    assert [one.rule for one in found] == [rule]
    assert "{" not in found[0].cause + found[0].next


@pytest.mark.parametrize(
    ("addresses", "rules"),
    [
        (["10.0.0.1:8503", "10.0.0.2:8503"], []),
        (["10.0.0.1:8500"], ["http-port"]),
        (["10.0.0.1:8503", "consul.example.com:8503"], ["mixed-addresses"]),
    ],
)
def test_declared_addresses_of_a_token_are_looked_at(addresses: list[str], rules: list[str]) -> None:
    """Consul takes them, and never gives them back."""
    body = {"Names": {"dc1": "east", "dc2": "west"}, "ServerExternalAddresses": addresses}
    found = diagnosed(healthy(), {Address("peering", "dc1", "dc2"): body})
    assert [one.rule for one in found] == rules


def test_addresses_count_only_where_the_link_is_down() -> None:
    world = healthy()
    world["clusters"]["dc1"]["server_addresses"] = ["10.0.0.9:8300"]
    link(server_addresses_at_dialer=["10.0.0.1:8503"])(world)
    assert rules(world) == []
    link(state_at_dialer="FAILING")(world)
    assert rules(world) == ["link-failing", "addresses-outdated"]


def test_what_is_not_known_is_no_finding() -> None:
    world = healthy()
    bare = {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "east", "name_at_dialer": "west"}
    unknown = {"services": "denied", "config_entries": "denied", "peerings": "denied"}
    silent = {"datacenter": None, "version": None, "default_intention": None, "gateway": None, "services": []}
    world["clusters"] = {name: {**silent, "unknown": unknown} for name in ("dc1", "dc2")}
    world["peerings"] = [bare]
    assert rules(world) == []


def test_a_peer_that_only_one_end_knows_is_no_cluster_that_does_not_answer() -> None:
    world = healthy()
    world["clusters"]["dc1"]["config_entries"] = []
    world["peerings"] = [
        {
            "acceptor": "peer:far",
            "dialer": "dc2",
            "name_at_acceptor": "dc2",
            "name_at_dialer": "far",
            "state_at_dialer": "ACTIVE",
        }
    ]
    assert rules(world) == []


def test_every_kind_of_finding_is_provoked_somewhere() -> None:
    from tests.flows.doctor.test_faults import FAULTS

    provoked = {rule for rule, _ in CASES} | {rule for _, found in FAULTS for rule in found}
    assert provoked | {"addresses-outdated"} == set(COMPLAINTS)
