"""The topology of a world: clusters, peerings from both ends, what is exported over each."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler_consul.topology import topology


def world(**peering: Any) -> dict[str, Any]:
    """Return two clusters; dc1 exports api to dc2, which it calls `two`."""
    items = [{"Name": name, "Consumers": [{"Peer": peer}]} for name, peer in (("api", "two"), ("db", "x"))]
    exports = {"Kind": "exported-services", "Name": "default", "Services": items}
    link = {"acceptor": "dc1", "dialer": "dc2", "name_at_acceptor": "two", "name_at_dialer": "one", **peering}
    services = [{"name": "api"}, {"name": "db"}]
    return {
        "clusters": {
            "dc1": {"version": "1.20.0", "gateway": True, "services": services, "config_entries": [exports]},
            "dc2": {"version": None, "services": [{"name": "web"}], "config_entries": []},
        },
        "peerings": [link],
    }


def test_clusters_with_version_gateway_and_services() -> None:
    one, two = topology(world()).sites
    assert (one.name, one.version, one.gateway, [s.name for s in one.services]) == (
        "dc1", "1.20.0", True, ["api", "db"],
    )  # fmt: skip
    assert (two.version, two.gateway) == (None, None)


def test_a_peering_is_there_once_with_what_is_exported_over_it() -> None:
    (link,) = topology(world()).links
    assert (link.acceptor, link.dialer, link.name_at_acceptor, link.name_at_dialer) == (
        "dc1", "dc2", "two", "one",
    )  # fmt: skip
    assert [(str(one.service), one.to) for one in link.exports] == [("api@dc1", "dc2")]


@pytest.mark.parametrize(
    ("states", "well"),
    [
        ({}, None),
        ({"state_at_acceptor": "ACTIVE"}, True),
        ({"state_at_acceptor": "ACTIVE", "state_at_dialer": "ACTIVE"}, True),
        ({"state_at_acceptor": "ACTIVE", "state_at_dialer": "TERMINATED"}, False),
    ],
)
def test_a_peering_works_where_each_known_end_says_so(states: dict[str, str], well: bool | None) -> None:
    (link,) = topology(world(**states)).links
    assert link.well is well


def test_an_end_that_is_not_a_cluster_of_the_world_is_not_known() -> None:
    sites = topology(world(dialer="peer:partner")).sites
    assert [site.name for site in sites] == ["dc1", "dc2", "peer:partner"]
    assert sites[2].unknown


def test_what_is_no_world_is_an_error() -> None:
    with pytest.raises(ValueError, match="not a snapshot"):
        topology({})
