"""The picture of a report: the peerings and exports that its document has, with what a plan does to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.access import WorldSource
from reconciler.model.topology import TopologyResult
from reconciler.render.report.reading.changes import address
from reconciler.render.report.value import Report
from reconciler.render.text.peers import Peers
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.topology import Exported, Link, Site, Topology
from reconciler.sdk.address import Address

MOST = 60  # clusters of a picture in a report; more are no help there


def topology_of(report: Report) -> TopologyResult | None:
    """Return the topology; `None` where there is no peering, or too many clusters for a picture."""
    bodies = [(address(name), body) for name, body in report.bodies if isinstance(body, Mapping)]
    peers = Peers(bodies)
    exports = [one for where, body in bodies for one in _exports(where, body, peers)]
    links = tuple(
        link
        for where, body in bodies
        if where.type == "peering" and (link := _link(where, body, exports)) is not None
    )
    names = sorted({end for link in links for end in (link.acceptor, link.dialer)})
    if not links or len(names) > MOST:
        return None
    actions = {step.change.address: step.change.action for step in report.steps if step.interim is None}
    sites = tuple(_site(name, report, exports) for name in names)
    return TopologyResult(Topology(sites, links), WorldSource.PLAN, actions=actions)


def _link(where: Address, body: Mapping[str, Any], exports: list[Exported]) -> Link | None:
    acceptor, dialer = body.get("Acceptor"), body.get("Dialer")
    names: Any = body.get("Names")
    ends = {where.cluster, where.name}
    known = isinstance(acceptor, str) and isinstance(dialer, str) and isinstance(names, Mapping)
    if not known or {acceptor, dialer} != ends:
        return None
    over = tuple(one for one in exports if {one.service.cluster, one.to} == ends)
    one, other = str(names.get(acceptor, "")), str(names.get(dialer, ""))
    return Link(where, str(acceptor), str(dialer), one, other, exports=over)


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
