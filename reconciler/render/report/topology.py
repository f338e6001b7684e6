"""The picture of a report: the peerings and exports of its document, how they are, and what a plan does to
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.access import WorldSource
from reconciler.model.change import Action, Reason
from reconciler.model.topology import TopologyResult
from reconciler.render.report.reading.changes import address
from reconciler.render.report.value import Report
from reconciler.render.text.peers import Peers
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.topology import Exported, Link, Site, Topology
from reconciler.sdk.address import Address

MOST = 60  # clusters of a picture in a report; more are no help there
_WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE})


def topology_of(report: Report) -> TopologyResult | None:
    """Return the topology; `None` where there is no peering, or too many clusters for a picture."""
    bodies = [(address(name), body) for name, body in report.bodies if isinstance(body, Mapping)]
    peers = Peers(bodies, report.peers)
    exports = [one for where, body in bodies for one in _exports(where, body, peers)]
    undecided = _undecided(report)
    health = Health(report, undecided)
    found = [_link(where, body, exports, health) for where, body in bodies if where.type == "peering"]
    known = {where for where, _ in bodies}
    found += [_named(where, report, exports, health) for where in sorted((undecided | health.bad) - known)]
    links = tuple(link for link in found if link is not None)
    names = sorted({end for link in links for end in (link.acceptor, link.dialer)})
    if not links or len(names) > MOST:
        return None
    sites = tuple(_site(name, report, exports) for name in names)
    return TopologyResult(
        Topology(sites, links), WorldSource.PLAN, actions=_actions(report), undecided=undecided
    )


def _undecided(report: Report) -> frozenset[Address]:
    """Return the peerings that are not decided."""
    found = (address(one.address) for one in report.undecided)
    return frozenset(where for where in found if where.type == "peering")


def _actions(report: Report) -> dict[Address, Action]:
    """Return what will be done: not what is blocked."""
    return {
        step.change.address: step.change.action
        for step in report.steps
        if step.interim is None and step.change.blocked is None
    }


class Health:
    """Whether peerings work, as far as a document says so. `bad`: those that do not."""

    def __init__(self, report: Report, undecided: frozenset[Address]) -> None:
        changes = [step.change for step in report.steps]
        self._touched = undecided | {one.address for one in changes if one.action in _WRITES}
        removed = {address(one.address) for one in report.drifted if one.kind == "removed"} - self._touched
        self._unhealthy = removed | {address(name) for name in report.unhealthy}
        self._unhealthy |= {address(one.address) for one in report.drifted if one.kind == "unhealthy"}
        self._unhealthy |= {one.address for one in changes if one.reason is Reason.BROKEN}
        self.bad = {where for where in self._unhealthy if where.type == "peering"}
        self._answered = {one.name for one in report.clusters if not one.problem}

    def of(self, where: Address, ends: set[str]) -> bool | None:
        """Return whether a peering works; `None` where that is not known."""
        if where in self._unhealthy:
            return False
        return True if ends <= self._answered and where not in self._touched else None


def _link(where: Address, body: Mapping[str, Any], exports: list[Exported], health: Health) -> Link | None:
    acceptor, dialer = body.get("Acceptor"), body.get("Dialer")
    names: Any = body.get("Names")
    ends = {where.cluster, where.name}
    known = isinstance(acceptor, str) and isinstance(dialer, str) and isinstance(names, Mapping)
    if not known or {acceptor, dialer} != ends:
        return None
    one, other = str(names.get(acceptor, "")), str(names.get(dialer, ""))
    well = health.of(where, ends)
    return Link(where, str(acceptor), str(dialer), one, other, well=well, exports=_over(ends, exports))


def _named(where: Address, report: Report, exports: list[Exported], health: Health) -> Link | None:
    """Return a peering of which the document has the address alone."""
    one, other = where.cluster, where.name
    if not one or not other or one == other:
        return None
    names = (_name(report, one, other), _name(report, other, one))
    well = health.of(where, {one, other})
    return Link(where, one, other, *names, well=well, exports=_over({one, other}, exports))


def _name(report: Report, here: str, there: str) -> str:
    """Return the name that a cluster has for a peer; the peer's own where the document does not say."""
    return next((name for name, peer in report.peers.get(here, {}).items() if peer == there), there)


def _over(ends: set[str], exports: list[Exported]) -> tuple[Exported, ...]:
    return tuple(one for one in exports if {one.service.cluster, one.to} == ends)


def _exports(where: Address, body: Mapping[str, Any], peers: Peers) -> list[Exported]:
    if where.type != "exported_services":
        return []
    found = []
    for item in _maps(body.get("Services")):
        service = Service(where.cluster, str(item.get("Name", "")))
        for consumer in _maps(item.get("Consumers")):
            to = peers.cluster(where.cluster, str(consumer.get("Peer") or consumer.get("PeerName") or ""))
            found += [Exported(service, to, where)] if to is not None else []
    return found


def _maps(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _site(name: str, report: Report, exports: list[Exported]) -> Site:
    seen = next((one for one in report.clusters if one.name == name), None)
    services = sorted({one.service for one in exports if one.service.cluster == name}, key=str)
    version = seen.version or None if seen is not None else None
    return Site(name, version, tuple(services), unknown=seen.problem if seen is not None else "")
