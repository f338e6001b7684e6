"""Faults that are provoked on clusters that worked: each is found, and by its own rule."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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


async def test_where_a_part_could_not_be_read_only_the_rest_is_said_to_be_well(ward: Ward) -> None:
    found = dataclasses.replace(await ward.look(), unknown={"dc2": "services: denied"})
    assert paint(checkup_lines(found)).splitlines() == [
        "Not known: dc2: services: denied",
        "Nothing wrong was found in what could be read: 3 clusters.",
    ]


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


def peering_gone(ward: Ward) -> None:
    ward.gone_peering("dc1", "dc2")


def exports_gone(ward: Ward) -> None:
    ward.lab.call("dc1", "DELETE", "/v1/config/exported-services/default")


def export_removed(ward: Ward) -> None:
    ward.exports("dc1", ("pay", "dc2"))


def intention_mistyped(ward: Ward) -> None:
    sources = [{"Name": "web", "Peer": "dc-2", "Action": "allow"}, {"Name": "*"}]
    ward.intentions("dc1", "api", *sources, *({"Name": "*", "Peer": peer} for peer in ("dc2", "dc3")))


def many_exports_to_an_unknown_peer(ward: Ward) -> None:
    ward.exports("dc3", ("api", "dc2"), ("pay", "dc-2"), ("cart", "dc-2"), ("mail", "dc-2"))


def subset_of_what_is_not_in_the_mesh(ward: Ward) -> None:
    ward.entry("dc1", Kind="service-resolver", Name="pay", Subsets={"v1": {"Filter": "Service.Port == 80"}})
    ward.gone("dc1", "pay-proxy")


class Case(NamedTuple):
    """A fault, the rules of what is found, those of what follows from it, and what the fault is done to."""

    fault: Fault
    rules: list[str]
    follow: list[str]
    touches: str

    @property
    def name(self) -> str:
        return self.fault.__name__


FAULTS = [
    Case(cluster_silent, ["cluster-silent"], ["link-failing"], "dc3"),
    Case(no_gateway, ["no-gateway"], [], "gateway-1 api-1"),
    Case(gateway_critical, ["gateway-critical"], [], "gateway-1 api-1"),
    Case(gateway_without_wan, ["gateway-without-wan"], [], "gateway-3 dc3"),
    Case(no_local_gateway, ["no-local-gateway"], [], "gateway-2"),
    Case(link_ended, ["link-ended"], [], "link-12"),
    Case(link_failing, ["link-failing"], [], "link-12"),
    Case(link_incomplete, ["link-incomplete"], [], "link-14"),
    Case(export_unknown_peer, ["export-unknown-peer"], [], "exports-3 dc3"),
    Case(export_shadowed, ["export-shadowed"], [], "exports-1 link-12"),
    Case(export_without_instance, ["export-without-instance"], [], "exports-3 dc3"),
    Case(export_without_sidecar, ["export-without-instance"], [], "pay-1 exports-1 link-12"),
    Case(import_unhealthy, ["import-unhealthy"], [], "pay-1 exports-1 link-12"),
    Case(export_redirected, ["export-redirected"], [], "exports-3 dc3"),
    Case(intention_unknown_peer, ["intention-unknown-peer"], [], "intentions-3 dc3"),
    Case(intention_without_export, ["intention-without-export"], [], "intentions-1-pay dc3"),
    Case(deny_without_peer, ["deny-without-peer"], [], "intentions-3 dc3"),
    Case(deny_of_everything_without_peer, ["deny-without-peer"], [], "intentions-3 dc3"),
    Case(intention_overridden, ["intention-overridden"], [], "intentions-1"),
    Case(intention_at_dialer, ["intention-at-dialer"], [], "pay-1 exports-1 link-12"),
    Case(target_unknown_peer, ["target-unknown-peer"], [], "resolver-2-old"),
    Case(target_not_exported, ["target-not-exported"], [], "resolver-2-old dc3"),
    Case(subset_empty, ["subset-empty"], [], "resolver-2-web"),
    Case(failover_stuck, ["import-unhealthy"], ["failover-stuck"], "api-1 gateway-1 link-12 exports-1"),
    Case(protocol_differs, ["protocol-differs"], [], "resolver-2-shop link-12 exports-1 pay-1"),
    Case(not_applied, ["not-applied"], [], "intentions-1"),
    Case(peering_gone, ["not-applied"],
         ["export-unknown-peer", "intention-unknown-peer", "target-unknown-peer"],
         "link-12 exports-1 intentions-1 api-1 pay-1"),
    Case(exports_gone, ["not-applied"], ["intention-without-export", "target-not-exported"],
         "exports-1 link-12 gateway-1 api-1 pay-1 intentions-1"),
    Case(export_removed, ["not-applied"], ["intention-without-export", "target-not-exported"],
         "exports-1 link-12 api-1 intentions-1"),
    Case(intention_mistyped, ["not-applied"], ["intention-unknown-peer"], "intentions-1 link-12 exports-1"),
    Case(many_exports_to_an_unknown_peer, ["export-unknown-peer"], ["export-unknown-peer"], "exports-3 dc3"),
    Case(subset_of_what_is_not_in_the_mesh, ["export-without-instance"], ["subset-empty"],
         "pay-1 exports-1 link-12"),
]  # fmt: skip


@pytest.mark.parametrize("case", FAULTS, ids=[case.name for case in FAULTS])
async def test_a_fault_is_found(ward: Ward, case: Case) -> None:
    case.fault(ward)
    found = await ward.look()
    assert [one.rule for one in found.findings] == case.rules, found.findings
    follow = [one for root in found.findings for one in root.consequences]
    assert sorted({one.rule for one in follow}) == case.follow, follow
    for one in (*found.findings, *follow):
        assert one.cause
        assert one.next
        assert "{" not in one.cause + one.next
        assert one.rule in COMPLAINTS
    text = paint(checkup_lines(found))
    assert all(f"[{rule}]" in text for rule in (*case.rules, *case.follow))
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
