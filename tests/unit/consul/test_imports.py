"""Imports, the pure parts: names by version, local names, gateways, and how rows and instances are judged."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.imports import LocalName
from reconciler_consul.imports.chain import LocalNames
from reconciler_consul.imports.entries import KINDS, Entries, from_bodies
from reconciler_consul.imports.gateway import gateway
from reconciler_consul.imports.links import ImportLink, Service, exported, links
from reconciler_consul.imports.live import imported
from reconciler_consul.imports.names import dial_names, upstream
from reconciler_consul.server.capabilities import parse
from reconciler_consul.server.entry_capabilities import Server

LINK = ImportLink("dc2", "dc1", "eu", "us", dials=True)
API = Service("api")
LOCAL = {"MeshGateway": {"Mode": "local"}}


def server(version: str, *, enterprise: bool = False) -> Server:
    return Server("dc2", version, parse(version), enterprise)


def named(version: str, service: Service = API, partition: str | None = None) -> list[str]:
    return [one.name for one in dial_names(LINK, service, server(version), "consul", partition)]


def whole(**kinds: Any) -> Entries:
    """All entries of a cluster; none of the kinds is partial."""
    return Entries({kind.replace("_", "-"): found for kind, found in kinds.items()}, frozenset())


class TestNames:
    """As measured on agents: docs/guides/transparent-proxy.md."""

    @pytest.mark.parametrize(
        ("version", "kinds"),
        [
            ("1.13.9", ["virtual"]),
            ("1.14.1", ["virtual", "virtual.peer"]),
            ("1.14.2", ["virtual", "virtual.peer", "service.peer"]),
            ("1.15.0", ["virtual", "virtual.peer", "service.peer"]),
            ("1.22.0-dev", ["virtual", "virtual.peer", "service.peer"]),
        ],
    )
    def test_by_version(self, version: str, kinds: list[str]) -> None:
        texts = {
            "virtual": "api.virtual.eu.consul",
            "virtual.peer": "api.virtual.eu.peer.consul",
            "service.peer": "api.service.eu.peer.consul",
        }
        assert named(version) == [texts[kind] for kind in kinds]

    def test_a_server_of_unknown_version_lists_all_names_with_their_versions(self) -> None:
        found = list(dial_names(LINK, API, None, None, None))
        assert [one.name.rpartition(".")[2] for one in found] == ["<domain>"] * 3
        assert [one.answers for one in found] == [
            "virtual address",
            "virtual address (Consul 1.14 and later)",
            "addresses of its instances (Consul 1.14.2 and later)",
        ]

    def test_a_service_with_a_dot_in_its_name_has_no_name_in_dns(self) -> None:
        assert named("1.20.0", Service("a.b")) == []
        assert upstream(LINK, Service("a.b"))["destination_name"] == "a.b"

    def test_enterprise_names_say_namespace_and_partition(self) -> None:
        assert named("1.20.0+ent", Service("api", "shop"), "east") == [
            "api.virtual.shop.ns.east.ap.eu.peer.consul",
            "api.service.shop.ns.east.ap.eu.peer.consul",
        ]
        assert named("1.20.0+ent", API, None)[0] == "api.virtual.eu.consul"


class TestTies:
    def test_a_peering_has_two_directions_with_the_importers_names(self) -> None:
        body = {"Acceptor": "dc1", "Dialer": "dc2", "Names": {"dc1": "us", "dc2": "eu"}}
        found = list(links({Address("peering", "dc1", "dc2"): body}))
        assert found == [
            ImportLink("dc1", "dc2", "us", "eu"),
            ImportLink("dc2", "dc1", "eu", "us", dials=True),
        ]

    def test_exports_are_matched_by_the_exporters_name_for_the_importer(self) -> None:
        services = [
            {"Name": "api", "Consumers": [{"Peer": "us"}]},
            {"Name": "db", "Consumers": [{"Peer": "dc2"}, {"Partition": "us"}]},
            {"Name": "consul", "Consumers": [{"Peer": "us"}]},
            {"Name": "pay", "Namespace": "shop", "Consumers": [{"Peer": "us"}]},
            {"Name": "old", "Namespace": "default", "Consumers": [{"Peer": "us"}]},
        ]
        held = from_bodies({Address("exported_services", "dc1", "default"): {"Services": services}})
        assert exported(held["dc1"], "us") == {API, Service("pay", "shop"), Service("old")}

    @pytest.mark.parametrize("text", ["api", "default/api", "default/default/api"])
    def test_the_default_namespace_is_none(self, text: str) -> None:
        assert Service.parse(text) == API

    def test_a_row_that_tells_no_services_is_not_a_row_without_any(self) -> None:
        assert imported({"ImportedServiceCount": 3}) is None  # Consul 1.13
        assert imported({"StreamStatus": {"ImportedServices": None}}) == frozenset()


class TestLocalNames:
    def test_names_that_lead_to_a_redirect_are_followed_and_a_circle_ends(self) -> None:
        redirect = {"Redirect": {"Service": "api", "Peer": "eu"}}
        here = whole(
            service_resolver={"far": redirect, "alias": {"Redirect": {"Service": "far"}}},
            service_splitter={
                "far": {"Splits": [{"Weight": 100, "Service": "alias"}]},
                "shop": {"Splits": [{"Weight": 2.5, "Service": "alias"}, {"Weight": 97.5}]},
            },
            service_router={"web": {"Routes": [{"Destination": {"Service": "shop"}}]}},
        )
        assert LocalNames.of(here).to("eu", "api") == (
            LocalName("far", "redirect"),
            LocalName("alias", "redirect"),
            LocalName("far", "split", "100 %"),
            LocalName("shop", "split", "2.5 %"),
        )

    def test_failover_names_the_subset_it_is_for(self) -> None:
        failover = {"v2": {"Targets": [{"Peer": "eu"}, {"Service": "other"}]}}
        here = whole(service_resolver={"api": {"Failover": failover}})
        assert LocalNames.of(here).to("eu", "api") == (LocalName("api", "failover", "of subset v2"),)
        assert LocalNames.of(here).to("us", "api") == ()


class TestGateway:
    def test_the_mode_of_proxy_defaults_is_for_all(self) -> None:
        found = gateway(whole(proxy_defaults={"global": LOCAL}), LINK, API)
        assert (found.needed, found.why, found.callers) == (True, "mode local in proxy-defaults", ())

    @pytest.mark.parametrize("place", ["MeshGateway", "Defaults", "Overrides"])
    def test_a_caller_may_say_otherwise(self, place: str) -> None:
        body = {
            "MeshGateway": LOCAL,
            "Defaults": {"UpstreamConfig": {"Defaults": LOCAL}},
            "Overrides": {"UpstreamConfig": {"Overrides": [{"Name": "api", "Peer": "eu", **LOCAL}]}},
        }[place]
        found = gateway(whole(service_defaults={"web": body}), LINK, API)
        assert (found.needed, found.callers) == (False, ("web",))

    def test_an_override_of_a_local_service_is_not_for_the_peers_service(self) -> None:
        body = {"UpstreamConfig": {"Overrides": [{"Name": "api", **LOCAL}]}}
        assert gateway(whole(service_defaults={"web": body}), LINK, API).callers == ()
        assert gateway(whole(service_defaults={"web": body}), LINK, API, server("1.16.7")).callers == ()

    def test_before_1_15_it_is(self) -> None:
        body = {"UpstreamConfig": {"Overrides": [{"Name": "api", **LOCAL}]}}
        here = whole(service_defaults={"web": body})
        assert gateway(here, LINK, API, server("1.14.11")).callers == ("web",)

    def test_what_others_may_own_is_not_known(self) -> None:
        assert gateway(Entries({}, frozenset(KINDS)), LINK, API).needed is None
