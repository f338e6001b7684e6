"""Partitions and namespaces as the provider sees them: what only repeats a place, names, unreadable lists."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.errors import Invalid
from reconciler.sdk.scope import unscoped
from reconciler_consul.kinds.names import check_ref
from tests.support.tables import each

PLAIN = Address("service_intentions", "dc1", "api")
FINANCE = Address("service_intentions", "dc1", "api", "team", "finance")


@each(
    ("address", "item", "left"),
    [
        (PLAIN, {"Namespace": "default", "Partition": "default"}, {}),
        (PLAIN, {"namespace": "default"}, {}),
        (PLAIN, {"Namespace": "finance"}, {"Namespace": "finance"}),
        (FINANCE, {"Namespace": "finance", "Partition": "team"}, {}),
        (FINANCE, {"Namespace": "default"}, {"Namespace": "default"}),
        (FINANCE, {"Partition": "default"}, {"Partition": "default"}),
        (FINANCE, {"Peer": "p", "Namespace": "default"}, {"Peer": "p"}),
        (FINANCE, {"Peer": "p", "Namespace": "finance"}, {"Peer": "p", "Namespace": "finance"}),
        (FINANCE, {"sameness_group": "g", "Namespace": "default"}, {"sameness_group": "g"}),
        (FINANCE, {"Peer": "", "Namespace": "finance"}, {"Peer": ""}),
    ],
)
def test_what_only_repeats_the_own_place_is_left_out(
    address: Address, item: dict[str, Any], left: dict[str, Any]
) -> None:
    assert unscoped({"Sources": [{"Name": "a", **item}]}, address) == {"Sources": [{"Name": "a", **left}]}
    assert unscoped({"Redirect": item}, address) == {"Redirect": left}
    assert unscoped({"Failover": {"*": {"Targets": [item]}}}, address) == {
        "Failover": {"*": {"Targets": [left]}}
    }


@pytest.mark.parametrize(
    ("partition", "item", "left"),
    [
        ("team", {"Partition": "default"}, {"Partition": "default"}),
        ("team", {"Partition": "team", "Namespace": "default"}, {}),
        (None, {"Partition": "default"}, {}),
        (None, {"Partition": "team"}, {"Partition": "team"}),
    ],
)
def test_an_address_that_shows_no_partition_is_in_that_of_its_cluster(
    partition: str | None, item: dict[str, Any], left: dict[str, Any]
) -> None:
    """An item that names none is in the partition of its object, so `default` elsewhere is no repetition."""
    assert unscoped({"Redirect": item}, PLAIN, partition) == {"Redirect": left}


def test_free_maps_members_and_consumers_are_left_alone() -> None:
    body = {
        "Namespace": "default",
        "Meta": {"Namespace": "default"},
        "Config": {"inner": {"Partition": "default"}},
        "Members": [{"Partition": "default"}],
        "Services": [{"Name": "a", "Consumers": [{"Partition": "default"}]}],
    }
    assert unscoped(body, PLAIN) == body


@pytest.mark.parametrize(
    ("address", "enterprise", "fits"),
    [
        (Address("exported_services", "dc1", "default"), False, True),
        (Address("exported_services", "dc1", "team"), False, False),
        (Address("exported_services", "dc1", "team", "team"), True, True),
        (Address("exported_services", "dc1", "default", "team"), True, False),
        (Address("exported_services", "dc1", "team"), True, False),
        (Address("mesh", "dc1", "team", "team"), True, False),
    ],
)
def test_exports_are_called_like_their_partition(address: Address, enterprise: bool, fits: bool) -> None:
    if fits:
        assert check_ref(address, enterprise=enterprise)
    else:
        with pytest.raises(Invalid, match="has one entry only"):
            check_ref(address, enterprise=enterprise)


def test_an_address_of_all_namespaces() -> None:
    text = "service_intentions.dc1:team:*/*"
    assert str(Address.parse(text)) == text
    with pytest.raises(ValueError, match="not an address"):
        Address.parse("service_intentions.dc1:*/api")
