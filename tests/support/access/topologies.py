"""Topologies of any size, for tests of what draws them."""

from __future__ import annotations

from reconciler.model.access import WorldSource
from reconciler.model.change import Action
from reconciler.model.topology import TopologyResult
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.topology import Exported, Link, Site, Topology
from reconciler.sdk.address import Address

_REGIONS = ("ap-south", "ap-southeast", "eu-central", "eu-west", "us-east", "us-west")
_NAMES = ("web", "api", "cart", "pay", "user", "auth", "search", "mail", "feed", "stock")


def large(clusters: int, services: int, peerings: int) -> TopologyResult:
    """Return a topology of many clusters in six regions; some peerings do not work, a plan changes four."""
    region = {f"{_REGIONS[n % 6]}-{n // 6 + 1}": _REGIONS[n % 6] for n in range(clusters)}
    names = sorted(region)
    sites = tuple(
        Site(name, "1.20.0" if n % 3 else "1.18.2", _services(name, n, services, clusters), True,
             "it did not answer" if n == 7 else "")
        for n, name in enumerate(names)
    )  # fmt: skip
    links = _links(names, peerings)
    planned = zip((3, 40, 90, 150), _ACTIONS, strict=True)
    actions = {links[n].address: action for n, action in planned if n < len(links)}
    return TopologyResult(
        Topology(sites, links), WorldSource.PLAN, "plan.json", "2026-01-01T00:00:00Z", region, actions
    )


_ACTIONS = (Action.CREATE, Action.UPDATE, Action.DELETE, Action.REPLACE)


def _services(cluster: str, number: int, services: int, clusters: int) -> tuple[Service, ...]:
    mine = services // clusters + (number < services % clusters)
    return tuple(Service(cluster, f"{_NAMES[n % 10]}-{n // 10}") for n in range(mine))


def _links(names: list[str], peerings: int) -> tuple[Link, ...]:
    pairs = [(i, (i + step) % len(names)) for step in range(1, len(names)) for i in range(len(names))]
    chosen = [pair for n, pair in enumerate(pairs) if n % 3 == 0 and pair[0] != pair[1]][:peerings]
    return tuple(_link(names[i], names[j], n) for n, (i, j) in enumerate(chosen))


def _link(one: str, other: str, number: int) -> Link:
    broken = number % 37 == 5
    exports = tuple(
        Exported(Service(one, f"{name}-0"), other, Address("exported_services", one, "default"))
        for name in _NAMES[: number % 7]
    )
    state = ("ACTIVE", "TERMINATED") if broken else ("ACTIVE", "ACTIVE")
    return Link(Address("peering", one, other), one, other, other, one, *state, not broken, exports)


def small() -> TopologyResult:
    """Return three clusters in two regions: one peering is to be created, and one does not work."""
    sites = (
        Site("dc1", "1.20.0", tuple(Service("dc1", name) for name in ("api", "billing")), True),
        Site("dc2", "1.20.0", tuple(Service("dc2", name) for name in ("cart", "web")), True),
        Site("dc3", None, (Service("dc3", "batch"),), None, "it did not answer"),
    )
    links = (
        Link(_peering("dc1", "dc2"), "dc1", "dc2", "us-prod", "eu-prod", "ACTIVE", "ACTIVE", True,
             (Exported(Service("dc1", "api"), "dc2", _exports("dc1")),)),
        Link(_peering("dc1", "dc3"), "dc1", "dc3", "dc3", "dc1", "TERMINATED", None, False),
        Link(_peering("dc2", "dc3"), "dc2", "dc3", "dc3", "dc2"),
    )  # fmt: skip
    regions = {"dc1": "eu", "dc2": "us", "dc3": "us"}
    actions = {_peering("dc2", "dc3"): Action.CREATE}
    return TopologyResult(
        Topology(sites, links), WorldSource.PLAN, "plan.json", groups=regions, actions=actions
    )


def _peering(one: str, other: str) -> Address:
    return Address("peering", one, other)


def _exports(cluster: str) -> Address:
    return Address("exported_services", cluster, "default")
