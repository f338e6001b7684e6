"""The topology of a world: its clusters, its peerings, and what is exported over each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reconciler.sdk.access.protocol import World
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.topology import Exported, Link, Site, Topology
from reconciler.sdk.address import Address
from reconciler_consul.access import ConsulAnalysis
from reconciler_consul.access.network.exports import exports_of
from reconciler_consul.access.network.links import Peer

_ACTIVE = "ACTIVE"
_EXPORTS = "exported_services"


def topology(world: World) -> Topology:
    """Return the topology. Raises `ValueError` where the world is none."""
    analysis = ConsulAnalysis(world)
    running: dict[str, list[Service]] = defaultdict(list)
    for service in analysis.services:
        running[service.cluster].append(service)
    sites = analysis.network.sites
    found = (
        Site(
            name,
            _version(world, name),
            tuple(running[name]),
            sites[name].gateway,
            analysis.unknown.get(name, ""),
        )
        for name in sorted(sites)
    )
    links = sorted(_links(analysis), key=lambda link: (link.acceptor, link.dialer))
    return Topology(tuple(found), tuple(links))


def _version(world: World, name: str) -> str | None:
    version = (world["clusters"].get(name) or {}).get("version")
    return str(version) if version else None


def _links(analysis: ConsulAnalysis) -> Iterator[Link]:
    links = analysis.network.links
    for cluster in sorted(links.clusters):
        for peer in links.of(cluster):
            if peer.address.cluster == cluster:  # each peering once, as its acceptor sees it
                yield _link(analysis, peer)


def _link(analysis: ConsulAnalysis, peer: Peer) -> Link:
    exports = (
        *_exports(analysis, peer.here, peer.alias, peer.there),
        *_exports(analysis, peer.there, peer.called, peer.here),
    )
    states = (peer.state_here, peer.state_there)
    known = [state for state in states if state is not None]
    well = all(state.upper() == _ACTIVE for state in known) if known else None
    return Link(peer.address, peer.here, peer.there, peer.alias, peer.called, *states, well, exports)


def _exports(analysis: ConsulAnalysis, exporter: str, alias: str, importer: str) -> Iterator[Exported]:
    address = Address(_EXPORTS, exporter, "default")
    for name in sorted(exports_of(analysis.network.site(exporter)).names(alias)):
        yield Exported(Service(exporter, name), importer, address)
