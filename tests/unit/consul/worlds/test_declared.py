"""Worlds that are declared, and worlds with objects written into them or taken out."""

from __future__ import annotations

import json
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.provider import ClusterConfig
from reconciler_consul.worlds.changed import body, changed
from reconciler_consul.worlds.declared import declared

DC1 = ClusterConfig("dc1", "http://one:8500", version="1.18.2", default_intention="deny")
DC2 = ClusterConfig("dc2", "http://two:8500")
LINK = Address.parse("peering.dc1/dc2")
NAMES = {"Names": {"dc1": "us", "dc2": "eu"}}
EXPORT = Address.parse("exported_services.dc1/default")
ALLOW = Address.parse("service_intentions.dc1/api")


def at(text: str) -> Address:
    return Address.parse(text)


def world(**objects: Any) -> dict[str, Any]:
    """The world of two peered clusters with these objects, by address with `__` for dots and slashes."""
    return declared([DC1, DC2], {LINK: NAMES, **{at(name): value for name, value in objects.items()}})


def names(made: dict[str, Any], cluster: str) -> list[str]:
    return [one["name"] for one in made["clusters"][cluster]["services"]]


class TestClusters:
    def test_what_the_configuration_says_of_a_cluster_is_known_and_the_rest_is_not(self) -> None:
        made = world()["clusters"]
        assert (made["dc1"]["version"], made["dc1"]["default_intention"]) == ("1.18.2", "deny")
        assert (made["dc2"]["version"], made["dc2"]["default_intention"]) == (None, None)
        assert made["dc2"]["datacenter"] is None

    def test_gateways_are_taken_to_run(self) -> None:
        assert world()["clusters"]["dc1"]["gateway"] is True

    def test_a_world_is_plain_json(self) -> None:
        made = world(**{"service_defaults.dc1/api": {"Protocol": "http"}})
        assert json.loads(json.dumps(made)) == made


class TestEntries:
    def test_an_entry_is_as_it_is_sent(self) -> None:
        made = world(**{"config_entry.dc1/jwt-provider/okta": {"Issuer": "x"}, "mesh.dc1/mesh": {"TLS": {}}})
        assert made["clusters"]["dc1"]["config_entries"] == [
            {"Kind": "jwt-provider", "Name": "okta", "Issuer": "x"},
            {"Kind": "mesh", "TLS": {}},
        ]

    def test_partition_and_namespace_are_those_of_the_address(self) -> None:
        made = world(**{"service_defaults.dc1:team:shop/api": {}, "proxy_defaults.dc1:team:shop/global": {}})
        found = made["clusters"]["dc1"]["config_entries"]
        assert (found[0]["Partition"], found[0]["Namespace"]) == ("team", "shop")
        assert "Namespace" not in found[1]  # it is the partition's

    def test_policies_of_acls_are_no_part_of_it(self) -> None:
        made = world(**{"acl_policy.dc1/ops": {"Rules": ""}})
        assert made["clusters"]["dc1"]["config_entries"] == []


class TestPeerings:
    def test_both_names_are_those_of_the_body(self) -> None:
        assert world()["peerings"] == [
            {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "us", "name_at_dialer": "eu"}
        ]

    def test_a_peering_may_be_addressed_from_either_end(self) -> None:
        there = {"acceptor": "dc2", "dialer": "dc1", "name_at_acceptor": "eu", "name_at_dialer": "us"}
        assert changed({"clusters": {}, "peerings": [there]}, {LINK: None})["peerings"] == []

    def test_one_that_is_written_works_from_then_on(self) -> None:
        there = {**world()["peerings"][0], "state_at_acceptor": "TERMINATED"}
        made = changed({"clusters": {}, "peerings": [there]}, {LINK: NAMES})
        assert made["peerings"] == world()["peerings"]

    def test_of_several_between_two_clusters_the_one_of_these_names_is_written(self) -> None:
        first = world()["peerings"][0]
        second = {**first, "name_at_acceptor": "dc2", "name_at_dialer": "dc1"}
        made = changed({"clusters": {}, "peerings": [first, second]}, {LINK: None})
        assert made["peerings"] == [first]


class TestChanges:
    BEFORE = world(**{"service_defaults.dc1/api": {"Protocol": "http"}})

    def test_the_world_that_is_given_stays_as_it_is(self) -> None:
        before = json.dumps(self.BEFORE)
        changed(self.BEFORE, {at("service_defaults.dc1/api"): None, LINK: None, EXPORT: {"Services": []}})
        assert json.dumps(self.BEFORE) == before

    def test_an_entry_is_replaced_in_its_place_whatever_the_case_of_its_name(self) -> None:
        made = changed(self.BEFORE, {at("service_defaults.dc1/API"): {"Protocol": "tcp"}})
        assert made["clusters"]["dc1"]["config_entries"] == [
            {"Kind": "service-defaults", "Name": "API", "Protocol": "tcp"}
        ]

    def test_none_removes(self) -> None:
        made = changed(self.BEFORE, {at("service_defaults.dc1/api"): None})
        assert made["clusters"]["dc1"]["config_entries"] == []

    def test_entries_of_two_namespaces_are_two(self) -> None:
        made = changed(self.BEFORE, {at("service_defaults.dc1:default:shop/api"): {"Protocol": "tcp"}})
        assert len(made["clusters"]["dc1"]["config_entries"]) == 2

    def test_a_cluster_that_is_new_is_there(self) -> None:
        made = changed({"clusters": {}, "peerings": []}, {LINK: NAMES, at("mesh.dc3/mesh"): {}})
        assert set(made["clusters"]) == {"dc1", "dc2", "dc3"}

    def test_an_object_is_found_by_its_address(self) -> None:
        assert body(self.BEFORE, at("service_defaults.dc1/API")) == {
            "Kind": "service-defaults",
            "Name": "api",
            "Protocol": "http",
        }
        assert body(self.BEFORE, at("peering.dc2/dc1")) == self.BEFORE["peerings"][0]
        assert body(self.BEFORE, at("service_defaults.dc2/api")) is None


class TestNamedServices:
    """In a declared world the services that are named run: each in the cluster where the name is one."""

    def test_exports_and_destinations_are_services_here_and_sources_of_a_peer_are_there(self) -> None:
        made = declared(
            [DC1, DC2],
            {
                LINK: NAMES,
                EXPORT: {"Services": [{"Name": "api", "Consumers": [{"Peer": "us"}]}, {"Name": "*"}]},
                ALLOW: {"Sources": [{"Name": "web", "Peer": "us"}, {"Name": "cron"}, {"Name": "*"}]},
            },
        )
        assert names(made, "dc1") == ["api", "cron"]
        assert names(made, "dc2") == ["web"]

    def test_a_name_that_only_redirects_is_none_and_its_target_is(self) -> None:
        made = world(
            **{
                "service_resolver.dc2/remote": {"Redirect": {"Service": "api", "Peer": "eu"}},
                "service_defaults.dc2/remote": {"Protocol": "http"},
            }
        )
        assert names(made, "dc2") == []
        assert names(made, "dc1") == ["api"]

    def test_failover_names_the_service_and_its_targets(self) -> None:
        failover = {"Failover": {"*": {"Targets": [{"Peer": "eu"}, {"Service": "old"}]}}}
        made = world(**{"service_resolver.dc2/api": failover})
        assert names(made, "dc2") == ["api", "old"]
        assert names(made, "dc1") == ["api"]

    def test_splits_and_routes_name_services(self) -> None:
        made = world(
            **{
                "service_splitter.dc1/shop": {
                    "Splits": [{"Weight": 50, "Service": "shop-v2"}, {"Weight": 50}]
                },
                "service_router.dc1/front": {"Routes": [{"Destination": {"Service": "cart"}}]},
            }
        )
        assert names(made, "dc1") == ["cart", "front", "shop", "shop-v2"]

    def test_a_place_outside_the_mesh_is_none(self) -> None:
        made = world(
            **{"service_defaults.dc1/saas": {"Destination": {"Addresses": ["x.example"], "Port": 443}}}
        )
        assert names(made, "dc1") == []

    def test_a_change_adds_what_it_names_and_what_ran_runs_on(self) -> None:
        before = world(**{"service_defaults.dc1/api": {}})
        made = changed(before, {at("service_defaults.dc1/api"): None, at("service_defaults.dc1/new"): {}})
        assert names(made, "dc1") == ["api", "new"]

    def test_over_a_world_that_runs_nothing_is_added(self) -> None:
        live = {"clusters": {"dc1": {"services": []}}, "peerings": []}
        made = declared([DC1], {at("service_defaults.dc1/api"): {}}, live)
        assert names(made, "dc1") == []
