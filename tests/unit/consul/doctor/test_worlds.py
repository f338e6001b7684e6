"""Findings from a world: what only rows, clocks and versions say. What can be provoked on clusters is in
tests/flows/doctor and tests/live/test_doctor.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.provider import ClusterConfig
from reconciler_consul.doctor.catalogue import COMPLAINTS
from reconciler_consul.doctor.commands import Contact, contact
from reconciler_consul.doctor.examining import diagnosed
from tests.support.tables import each

World = dict[str, Any]
DOMAIN = "11111111-2222.consul"
EXPIRED = "certificate not accepted: certificate has expired"


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
        "ports": {"http": 8500, "https": 8501, "grpc": 8502, "grpc_tls": 8503},
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


def follow(world: World) -> list[str]:
    return [one.rule for root in diagnosed(world, {}) for one in root.consequences]


def test_nothing_is_found_where_everything_works() -> None:
    assert rules(healthy()) == []


def link(**more: Any) -> Callable[[World], None]:
    return lambda world: world["peerings"][0].update(more)


def of(name: str, **more: Any) -> Callable[[World], None]:
    return lambda world: world["clusters"][name].update(more)


CASES: list[tuple[str, Callable[[World], None]]] = [
    ("cluster-silent", of("dc2", unknown={"cluster": "connection refused"})),
    ("cluster-tls", of("dc2", unknown={"cluster": f"dc2 did not answer ({EXPIRED}, dc2:8501)"})),
    ("cluster-tls", of("dc2", unknown={"cluster": "the connection to dc2 broke (TLS failed: UNKNOWN_CA)"})),
    ("same-cluster", of("dc1", datacenter="dc2")),
    ("clock-apart", of("dc2", clock_offset_s=-40)),
    ("version-too-old", of("dc1", version="1.13.2")),
    ("link-one-ended", link(state_at_dialer="ABSENT")),
    ("link-ended", link(state_at_acceptor="TERMINATED", state_at_dialer="ABSENT")),
    ("link-leaving", link(state_at_acceptor="DELETING")),
    ("link-failing", link(state_at_dialer="FAILING", heartbeat_age_s=300)),
    ("link-incomplete", link(state_at_acceptor="PENDING", state_at_dialer="ABSENT")),
    ("heartbeat-old", link(heartbeat_age_s=90)),
    ("mixed-addresses", link(server_hostnames_at_dialer=1, state_at_dialer="FAILING")),
    ("http-port", link(server_ports_at_dialer=["8500"], state_at_dialer="FAILING")),
    ("http-port", link(server_ports_at_dialer=["8501"], state_at_dialer="ESTABLISHING")),
    ("plain-grpc-port", link(server_ports_at_dialer=["8502"], state_at_dialer="FAILING")),
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


def test_what_two_names_of_one_cluster_break_follows_from_it() -> None:
    """No new token is said to be needed: the address is to be corrected."""
    world = healthy()
    of("dc1", datacenter="dc2")(world)
    assert follow(world) == ["server-name"]


def test_partitions_of_enterprise_may_be_clusters_of_their_own() -> None:
    world = healthy()
    for name in ("dc1", "dc2"):
        of(name, datacenter="dc1", edition="enterprise")(world)
    assert rules(world) == []


@pytest.mark.parametrize(
    ("addresses", "rules"),
    [
        (["10.0.0.1:8503", "10.0.0.2:8503"], []),
        (["10.0.0.1:8500"], []),  # it works all the same: something on the way leads to the right port
        (["10.0.0.1:8503", "consul.example.com:8503"], []),  # seen to work with 1.20
    ],
)
def test_declared_addresses_of_a_token_are_looked_at(addresses: list[str], rules: list[str]) -> None:
    """Consul takes them, and never gives them back."""
    body = {"Names": {"dc1": "east", "dc2": "west"}, "ServerExternalAddresses": addresses}
    found = diagnosed(healthy(), {Address("peering", "dc1", "dc2"): body})
    assert [one.rule for one in found] == rules


def test_declared_addresses_count_only_where_the_link_does_not_work() -> None:
    world = healthy()
    link(state_at_acceptor="PENDING", state_at_dialer="PENDING")(world)
    body = {"ServerExternalAddresses": ["10.0.0.1:8503", "consul.example.com:8503"]}
    (found,) = diagnosed(world, {Address("peering", "dc1", "dc2"): body})
    assert found.rule == "mixed-addresses"
    assert [one.rule for one in found.consequences] == ["link-incomplete"]


def test_addresses_count_only_where_the_link_is_down() -> None:
    world = healthy()
    world["clusters"]["dc1"]["server_addresses"] = ["10.0.0.9:8300"]
    link(server_addresses_at_dialer=["10.0.0.1:8503"])(world)
    assert rules(world) == []
    link(state_at_dialer="FAILING")(world)
    assert (rules(world), follow(world)) == (["addresses-outdated"], ["link-failing"])


def test_declared_addresses_that_lead_to_the_wrong_port_are_one_finding_with_the_link_that_fails() -> None:
    world = healthy()
    link(state_at_acceptor="PENDING", state_at_dialer="ESTABLISHING", server_ports_at_dialer=["8500"])(world)
    body = {"Names": {"dc1": "east", "dc2": "west"}, "ServerExternalAddresses": ["10.0.0.1:8500"]}
    (found,) = diagnosed(world, {Address("peering", "dc1", "dc2"): body})
    assert found.rule == "http-port"
    assert [one.rule for one in found.consequences] == ["link-incomplete", "http-port"]


def test_a_declared_port_of_grpc_without_tls_is_named_with_the_one_with_tls() -> None:
    world = healthy()
    link(state_at_acceptor="PENDING", state_at_dialer="PENDING", server_ports_at_dialer=[])(world)
    body = {"Names": {"dc1": "east", "dc2": "west"}, "ServerExternalAddresses": ["10.0.0.1:8502"]}
    (found,) = diagnosed(world, {Address("peering", "dc1", "dc2"): body})
    assert (found.rule, "(port 8503)" in found.next) == ("plain-grpc-port", True)
    (follow,) = found.consequences
    assert (follow.rule, follow.evidence[-1]) == (
        "link-incomplete",
        "server_external_addresses: 10.0.0.1:8502",
    )
    of("dc1", ports={"grpc": 8502})(world)  # as up to 1.13: the one port of gRPC
    assert [one.rule for one in diagnosed(world, {Address("peering", "dc1", "dc2"): body})] == [
        "link-incomplete"
    ]


def test_a_cluster_that_is_too_old_is_one_finding_whatever_it_is_peered_with() -> None:
    world = healthy()
    world["clusters"]["dc3"] = cluster("dc3")
    world["peerings"].append(
        {**world["peerings"][0], "acceptor": "dc3", "name_at_acceptor": "x", "server_name_at_dialer": ""}
    )
    of("dc2", version="1.13.2")(world)
    for item in world["peerings"]:
        item["state_at_dialer"] = "FAILING"
    (found,) = diagnosed(world, {})
    assert (found.rule, found.clusters) == ("version-too-old", {"dc1", "dc2", "dc3"})
    assert [one.rule for one in found.consequences] == ["link-failing", "link-failing"]


def test_where_all_clocks_are_apart_alike_it_is_that_of_this_machine() -> None:
    world = healthy()
    for name in ("dc1", "dc2"):
        of(name, clock_offset_s=-40)(world)
    (found,) = diagnosed(world, {})
    assert (found.rule, found.clusters) == ("own-clock", {"dc1", "dc2"})
    assert found.message == "the clock of this machine is 40 s ahead of those of all clusters"
    of("dc2", clock_offset_s=-90)(world)
    assert rules(world) == ["clock-apart", "clock-apart"]


# Next commands


def test_a_command_has_the_address_of_the_cluster_and_names_as_words_of_the_shell() -> None:
    """Names come from servers, and a snapshot from anybody."""
    world = healthy()
    entry = world["clusters"]["dc1"]["config_entries"][0]
    entry["Services"].append({"Name": "$(reboot)", "Consumers": [{"Peer": "east"}]})
    world["clusters"]["dc1"]["services"].append({"name": "$(reboot)", "healthy": False})
    world["peerings"][0] |= {"exported_at_acceptor": ["$(reboot)", "api"]}
    world["peerings"][0] |= {"imported_at_dialer": ["$(reboot)", "api"]}
    (found,) = diagnosed(world, {}, {"dc1": Contact("https://dc1:8501", "--cacert ca.pem")})
    assert found.next.endswith(": curl --cacert ca.pem https://dc1:8501/v1/health/connect/%24%28reboot%29")
    link(state_at_acceptor="TERMINATED", state_at_dialer="ABSENT", acceptor="a;b")(world)
    commands = [one.next for one in diagnosed(world, {})]
    assert "recreate it: reconciler apply --replace 'peering.a;b/dc2'" in commands


def test_a_command_has_the_certificates_and_the_name_that_the_run_uses() -> None:
    world = healthy()
    of("dc1", gateway=False, gateways={"instances": 1, "passing": 0, "with_wan_address": 1})(world)
    of("dc2", unknown={"cluster": "refused"})(world)
    link(state_at_acceptor="FAILING", state_at_dialer=None, heartbeat_age_s=3)(world)
    tls = {"ca_file": "ca.pem", "cert_file": "my cert.pem", "server_name": "server.dc1.consul"}
    contacts = {name: contact(ClusterConfig(name, f"https://{name}:8501", **tls)) for name in ("dc1", "dc2")}
    silent, critical = diagnosed(world, {}, contacts)
    flags = "-ca-file=ca.pem -client-cert='my cert.pem' -tls-server-name=server.dc1.consul"
    assert silent.next.endswith(f": consul info -http-addr=https://dc2:8501 {flags}")
    options = "--cacert ca.pem --cert 'my cert.pem' --connect-to server.dc1.consul:8501:dc1:8501"
    asked = "https://server.dc1.consul:8501/v1/health/state/critical"
    assert critical.next.endswith(f": curl {options} {asked}")


def test_one_gateway_has_no_address_and_two_have_none() -> None:
    world = healthy()
    of("dc1", gateways={"instances": 1, "passing": 1, "with_wan_address": 0})(world)
    (found,) = diagnosed(world, {})
    assert found.message == "1 of the mesh gateways of dc1 has no address for the WAN"


def test_a_link_is_tested_with_the_addresses_that_are_dialed() -> None:
    world = healthy()
    link(state_at_dialer="FAILING", server_addresses_at_dialer=["10.0.0.1:8503", "[::1]:8503"])(world)
    (found,) = diagnosed(world, {})
    assert found.next.endswith("from the servers of dc2: nc -vz 10.0.0.1 8503; nc -vz ::1 8503")
    body = {"ServerExternalAddresses": ["consul.example.com:8503"]}  # rows never have those
    (found,) = diagnosed(world, {Address("peering", "dc1", "dc2"): body})
    assert found.next.endswith("from the servers of dc2: nc -vz consul.example.com 8503")


def test_a_peering_is_named_as_it_is_declared_and_what_is_not_declared_is_not_applied() -> None:
    world = healthy()
    link(state_at_acceptor="TERMINATED", state_at_dialer="TERMINATED")(world)
    names = {"Acceptor": "dc1", "Dialer": "dc2", "Names": {"dc1": "east", "dc2": "west"}}
    (found,) = diagnosed(world, {Address("peering", "dc2", "dc1"): names})
    assert found.next == "recreate it: reconciler apply --replace peering.dc2/dc1"
    assert found.origin is not None
    assert found.origin.address == Address("peering", "dc2", "dc1")
    world = healthy()
    half = {"acceptor": "dc2", "dialer": "peer:far", "name_at_acceptor": "far", "name_at_dialer": "dc2"}
    world["peerings"].append({**half, "state_at_acceptor": "PENDING"})
    (found,) = diagnosed(world, {}, {"dc2": Contact("http://dc2:8500")})
    assert found.next.endswith(": consul peering delete -name far -http-addr=http://dc2:8500")


# What is declared


def test_exports_and_intentions_that_are_not_there_are_said_with_what_follows() -> None:
    """As a change by hand leaves them."""
    world = healthy()
    both = [{"Name": name, "Consumers": [{"Peer": "east"}]} for name in ("api", "pay")]
    allow = {"Name": "web", "Peer": "east", "Action": "allow"}
    world["clusters"]["dc1"]["config_entries"].append(
        {"Kind": "service-intentions", "Name": "pay", "Sources": [allow]}
    )
    declared = {
        Address("exported_services", "dc1", "default"): {"Services": both},
        Address("service_intentions", "dc1", "pay"): {"Name": "pay", "Sources": [allow]},
    }
    (found,) = diagnosed(world, declared)
    assert (found.rule, found.evidence) == ("not-applied", ("declared and not there: pay to east",))
    assert [one.rule for one in found.consequences] == ["intention-without-export"]
    assert found.next.endswith("reconciler plan --target exported_services.dc1/default")
    allow["Action"] = "deny"
    declared[Address("service_intentions", "dc1", "pay")] = {
        "Name": "pay", "Sources": [{**allow, "Action": "allow"}]
    }  # fmt: skip
    assert rules(world) == []
    assert [one.rule for one in diagnosed(world, declared)] == ["not-applied", "not-applied"]


def test_namespaces_that_a_server_puts_in_are_no_difference() -> None:
    world, source = healthy(), {"Name": "web", "Action": "allow"}
    there = {"Kind": "service-intentions", "Name": "api", "Sources": [{**source, "Namespace": "finance"}]}
    world["clusters"]["dc1"]["config_entries"].append(there)
    declared = {Address("service_intentions", "dc1", "api"): {"Name": "api", "Sources": [source]}}
    assert diagnosed(world, declared) == ()


def test_a_configuration_that_was_not_applied_is_one_finding() -> None:
    declared = {
        Address("service_defaults", "dc1", f"s{number}"): {"Name": f"s{number}", "Protocol": "http"}
        for number in range(5)
    }
    (found,) = diagnosed(healthy(), declared)
    assert found.message == "5 declared objects are not on dc1"
    assert found.next.endswith(": reconciler plan --target '*'")
    assert len(found.consequences) == 5
    few = dict(list(declared.items())[:4])
    assert len(diagnosed(healthy(), few)) == 4


def test_exports_to_one_peer_that_is_not_there_are_one_finding() -> None:
    world = healthy()
    more = [{"Name": f"s{number}", "Consumers": [{"Peer": "gone"}]} for number in range(30)]
    world["clusters"]["dc1"]["config_entries"][0]["Services"] += more
    (found,) = diagnosed(world, {})
    assert (found.rule, len(found.consequences)) == ("export-unknown-peer", 29)


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

    provoked = {rule for rule, _ in CASES} | {rule for one in FAULTS for rule in (*one.rules, *one.follow)}
    assert provoked | {"addresses-outdated", "own-clock"} == set(COMPLAINTS)
