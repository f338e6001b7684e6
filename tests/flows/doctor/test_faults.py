"""Faults that are provoked on clusters that worked: each is found, and by its own rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.render.doctor.as_json import checkup_value
from reconciler.render.doctor.lines import checkup_lines
from reconciler.render.text.lines import paint
from reconciler_consul.doctor.catalogue import COMPLAINTS
from tests.flows.doctor.ward import Ward, healthy
from tests.support.lab import Lab

Fault = Callable[[Ward], None]


@pytest.fixture
async def ward(tmp_path: Path) -> Ward:
    return await healthy(Lab(tmp_path, 3))


async def test_nothing_is_found_where_everything_works(ward: Ward) -> None:
    found = await ward.look()
    assert found.findings == ()
    assert paint(checkup_lines(found)) == "Nothing wrong was found: 3 clusters.\n"


def no_gateway(ward: Ward) -> None:
    ward.gone("dc1", "gateway")


def gateway_critical(ward: Ward) -> None:
    ward.critical("dc1", "gateway")


def gateway_without_wan(ward: Ward) -> None:
    ward.gateway("dc3", wan=False)


def no_local_gateway(ward: Ward) -> None:
    ward.entry("dc2", Kind="proxy-defaults", Name="global", MeshGateway={"Mode": "local"})
    ward.gone("dc2", "gateway")


def cluster_silent(ward: Ward) -> None:
    ward.lab.world.down("dc3")


def link_ended(ward: Ward) -> None:
    ward.lab.call("dc2", "DELETE", "/v1/peering/dc1")


def link_failing(ward: Ward) -> None:
    ward.lab.world.cut("dc1", "dc2")


def link_incomplete(ward: Ward) -> None:
    ward.lab.call("dc1", "POST", "/v1/peering/token", {"PeerName": "dc4"})


def export_unknown_peer(ward: Ward) -> None:
    ward.exports("dc3", ("api", "dc2"), ("pay", "dc-2"))


def export_shadowed(ward: Ward) -> None:
    ward.exports("dc1", ("pay", "dc2"), ("api", "dc2"), ("api", "dc3"))


def export_without_instance(ward: Ward) -> None:
    ward.exports("dc3", ("api", "dc2"), ("ledger", "dc2"))


def export_without_sidecar(ward: Ward) -> None:
    ward.gone("dc1", "pay-proxy")


def import_unhealthy(ward: Ward) -> None:
    ward.critical("dc1", "pay-proxy")


def export_redirected(ward: Ward) -> None:
    ward.entry("dc3", Kind="service-resolver", Name="old", Redirect={"Service": "api"})
    ward.exports("dc3", ("api", "dc2"), ("old", "dc2"))


def intention_unknown_peer(ward: Ward) -> None:
    ward.intentions("dc3", "api", {"Name": "web", "Peer": "dc22"})


def intention_without_export(ward: Ward) -> None:
    ward.intentions("dc1", "pay", {"Name": "web", "Peer": "dc3", "Action": "allow"})


def deny_without_peer(ward: Ward) -> None:
    ward.intentions("dc3", "api", {"Name": "*"})


def deny_of_everything_without_peer(ward: Ward) -> None:
    ward.intentions("dc3", "*", {"Name": "*"})


def intention_overridden(ward: Ward) -> None:
    ward.intentions("dc1", "*", {"Name": "web", "Peer": "dc2"})


def intention_at_dialer(ward: Ward) -> None:
    ward.intentions("dc2", "pay", {"Name": "web"})


def target_unknown_peer(ward: Ward) -> None:
    ward.entry("dc2", Kind="service-resolver", Name="old", Redirect={"Service": "api", "Peer": "dc11"})


def target_not_exported(ward: Ward) -> None:
    ward.entry("dc2", Kind="service-resolver", Name="old", Redirect={"Service": "pay", "Peer": "dc3"})


def subset_empty(ward: Ward) -> None:
    subsets = {"v9": {"Filter": "Service.Meta.version == v9"}}
    ward.entry("dc2", Kind="service-resolver", Name="web", Subsets=subsets)


def protocol_differs(ward: Ward) -> None:
    for name in ("shop", "shop-there"):
        ward.entry("dc2", Kind="service-defaults", Name=name, Protocol="http")
    ward.entry("dc2", Kind="service-resolver", Name="shop-there", Redirect={"Service": "pay", "Peer": "dc1"})
    splits = [{"Weight": 100, "Service": "shop-there"}]
    ward.entry("dc2", Kind="service-splitter", Name="shop", Splits=splits)


def not_applied(ward: Ward) -> None:
    ward.lab.call("dc1", "DELETE", "/v1/config/service-intentions/api")


def failover_stuck(ward: Ward) -> None:
    ward.critical("dc1", "api-proxy")


FAULTS: list[tuple[Fault, list[str]]] = [
    (cluster_silent, ["cluster-silent", "link-failing"]),
    (no_gateway, ["no-gateway"]),
    (gateway_critical, ["gateway-critical"]),
    (gateway_without_wan, ["gateway-without-wan"]),
    (no_local_gateway, ["no-local-gateway"]),
    (link_ended, ["link-ended"]),
    (link_failing, ["link-failing"]),
    (link_incomplete, ["link-incomplete"]),
    (export_unknown_peer, ["export-unknown-peer"]),
    (export_shadowed, ["export-shadowed"]),
    (export_without_instance, ["export-without-instance"]),
    (export_without_sidecar, ["export-without-instance"]),
    (import_unhealthy, ["import-unhealthy"]),
    (export_redirected, ["export-redirected"]),
    (intention_unknown_peer, ["intention-unknown-peer"]),
    (intention_without_export, ["intention-without-export"]),
    (deny_without_peer, ["deny-without-peer"]),
    (deny_of_everything_without_peer, ["deny-without-peer"]),
    (intention_overridden, ["intention-overridden"]),
    (intention_at_dialer, ["intention-at-dialer"]),
    (target_unknown_peer, ["target-unknown-peer"]),
    (target_not_exported, ["target-not-exported"]),
    (subset_empty, ["subset-empty"]),
    (failover_stuck, ["import-unhealthy", "failover-stuck"]),
    (protocol_differs, ["protocol-differs"]),
    (not_applied, ["not-applied"]),
]


@pytest.mark.parametrize(("fault", "rules"), FAULTS, ids=[fault.__name__ for fault, _ in FAULTS])
async def test_a_fault_is_found(ward: Ward, fault: Fault, rules: list[str]) -> None:
    fault(ward)
    found = await ward.look()
    assert list(dict.fromkeys(one.rule for one in found.findings)) == rules, found.findings
    for one in found.findings:
        assert one.cause
        assert one.next
        assert "{" not in one.cause + one.next
        assert one.rule in COMPLAINTS
    text = paint(checkup_lines(found))
    assert all(f"[{rule}]" in text for rule in rules)
    assert [one["rule"] for one in checkup_value(found)["findings"]] == [one.rule for one in found.findings]


async def test_what_is_asked_about_is_all_that_is_said(ward: Ward) -> None:
    no_gateway(ward)
    intention_unknown_peer(ward)
    assert await ward.rules("dc1/dc2") == ["no-gateway"]
    assert await ward.rules("peering.dc1/dc3") == ["no-gateway", "intention-unknown-peer"]
    assert await ward.rules("api@dc3") == ["intention-unknown-peer"]
    assert await ward.rules("pay@dc1") == ["no-gateway"]
    assert await ward.rules("dc2") == []
    assert (await ward.look("dc2")).passed == 2
