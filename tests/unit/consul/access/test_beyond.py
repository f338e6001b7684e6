"""What a change does in namespaces and between partitions of Enterprise is not modelled, and said so."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.access.change import AccessChanges
from reconciler.sdk.address import Address
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.access.beyond import NAMESPACES, PARTITIONS


def changed(entry: dict[str, Any], address: Address, edition: str = "1.20.0+ent") -> AccessChanges:
    """What comes of writing an entry where there was none."""

    def world(*entries: dict[str, Any]) -> ConsulAnalysis:
        cluster = {"version": edition, "services": [{"name": "api"}], "config_entries": list(entries)}
        return ConsulAnalysis({"clusters": {"dc1": cluster}, "peerings": []})

    return world().changes(world(entry), [address])


def intentions(**more: Any) -> dict[str, Any]:
    source = {"Name": "web", "Action": "deny", **more}
    return {"Kind": "service-intentions", "Name": "api", "Sources": [source]}


API = Address("service_intentions", "dc1", "api")
IN_TEAM = Address("service_intentions", "dc1", "api", "team")


@pytest.mark.parametrize(
    ("entry", "address", "why"),
    [
        (intentions(), Address("service_intentions", "dc1", "api", "default", "finance"), NAMESPACES),
        (intentions(Namespace="finance"), API, NAMESPACES),
        (intentions(Namespace="*"), API, NAMESPACES),
        (intentions(Partition="team"), API, PARTITIONS),
        (intentions(Partition="default"), IN_TEAM, PARTITIONS),
        (intentions(SamenessGroup="all"), API, PARTITIONS),
    ],
)
def test_what_is_not_modelled_is_not_known(entry: dict[str, Any], address: Address, why: str) -> None:
    assert changed(entry, address).unknown == {"dc1": why}


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        (intentions(), API),
        (intentions(Partition="default", Namespace="default"), API),
        (intentions(Partition="team"), IN_TEAM),
        (intentions(Peer="dc2"), API),
    ],
)
def test_what_names_its_own_partition_is_modelled(entry: dict[str, Any], address: Address) -> None:
    assert not changed(entry, address).unknown


def test_exports_to_a_partition_are_not_known() -> None:
    services = [{"Name": "api", "Consumers": [{"Partition": "team"}]}]
    entry = {"Kind": "exported-services", "Name": "default", "Services": services}
    assert changed(entry, Address("exported_services", "dc1", "default")).unknown == {"dc1": PARTITIONS}


@pytest.mark.parametrize(
    ("services", "unknown"),
    [
        ([{"Name": "api", "Namespace": "finance", "Consumers": [{"Peer": "east"}]}], {"dc1": NAMESPACES}),
        ([{"Name": "api", "Consumers": [{"Peer": "east"}]}], {}),
        ([{"Name": "api", "Namespace": "finance", "Consumers": [{"Peer": "west"}]}], {}),
    ],
)
def test_a_peering_that_goes_takes_what_is_exported_over_it(
    services: list[dict[str, Any]], unknown: dict[str, str]
) -> None:
    exports = {"Kind": "exported-services", "Name": "default", "Services": services}
    clusters = {
        "dc1": {"version": "1.20.0+ent", "services": [{"name": "api"}], "config_entries": [exports]},
        "dc2": {"version": "1.20.0+ent", "services": [], "config_entries": []},
    }
    link = {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "east", "name_at_dialer": "dc1"}
    before, after = (ConsulAnalysis({"clusters": clusters, "peerings": some}) for some in ([link], []))
    assert before.changes(after, [Address("peering", "dc1", "dc2")]).unknown == unknown


def test_community_edition_has_neither() -> None:
    assert not changed(intentions(Namespace="finance"), API, edition="1.20.0").unknown


ANYBODY = {"Name": "*", "Peer": "east", "Action": "deny"}


@pytest.mark.parametrize(
    ("source", "default", "unknown"),
    [
        (ANYBODY, "allow", {"dc1": NAMESPACES}),  # other namespaces have the default
        (ANYBODY, None, {"dc1": NAMESPACES}),
        (ANYBODY, "deny", {}),
        ({**ANYBODY, "Namespace": "finance", "Action": "allow"}, "deny", {"dc1": NAMESPACES}),
        ({**ANYBODY, "Action": "allow"}, "allow", {}),
        ({"Name": "web", "Action": "deny"}, "allow", {}),
    ],
)
def test_callers_of_other_namespaces_may_have_more_than_those_of_the_default_one(
    source: dict[str, Any], default: str | None, unknown: dict[str, str]
) -> None:
    services = [{"Name": "api", "Consumers": [{"Peer": "east"}]}]
    exports = {"Kind": "exported-services", "Name": "default", "Services": services}
    rules = {"Kind": "service-intentions", "Name": "api", "Sources": [source]}

    def world(*entries: dict[str, Any], linked: bool) -> ConsulAnalysis:
        here = {"version": "1.20.0+ent", "default_intention": default, "services": [{"name": "api"}]}
        there = {"version": "1.20.0+ent", "services": [], "config_entries": []}
        link = {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "east", "name_at_dialer": "dc1"}
        clusters = {"dc1": {**here, "config_entries": list(entries)}, "dc2": there}
        return ConsulAnalysis({"clusters": clusters, "peerings": [link] if linked else []})

    both, without = world(exports, rules, linked=True), world(rules, linked=True)
    assert both.changes(without, [Address("exported_services", "dc1", "default")]).unknown == unknown
    apart = world(exports, rules, linked=False)
    assert both.changes(apart, [Address("peering", "dc1", "dc2")]).unknown == unknown
