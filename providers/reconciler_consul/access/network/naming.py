"""The services that a world names: those that run, and those that entries name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.sdk.access.question import ANY, Service
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.graph.body import (
    CHAIN_KINDS,
    DEFAULTS,
    EXPORTS,
    INTENTIONS,
    items,
    of_peer,
    related,
    text,
)

Named = tuple[str, str]  # cluster and name: plain values, for there are hundreds of thousands


def services(network: Network) -> Sequence[Service]:
    """Return the services that exist or are named anywhere, in order."""
    return _sorted(pair for site in network.sites.values() for pair in _of_site(network, site))


def services_near(network: Network, cluster: str) -> Sequence[Service]:
    """Return the services of a cluster and of those that it has peerings with, in order."""
    return network.site(cluster).once("services near", lambda: _near(network, cluster))


def _near(network: Network, cluster: str) -> Sequence[Service]:
    near = {cluster, *(peer.there for peer in network.links.of(cluster))}
    naming = {*near, *(peer.there for name in near for peer in network.links.of(name))}
    found = (pair for name in naming for pair in _of_site(network, network.site(name)))
    return _sorted(pair for pair in found if pair[0] in near)


def _sorted(found: Iterable[Named]) -> Sequence[Service]:
    return tuple(Service(*pair) for pair in sorted(set(found)) if pair[1] and pair[1] != ANY)


def _of_site(network: Network, site: Site) -> Iterator[Named]:
    yield from ((site.name, name) for name in site.running or ())
    for kind in (*CHAIN_KINDS, DEFAULTS, INTENTIONS):
        for body in site.entries.get(kind, {}).values():
            yield site.name, text(body.get("Name"))
            yield from _named(network, site, kind, body)
    for item in items((site.entry(EXPORTS, "default") or {}).get("Services")):
        yield site.name, text(item.get("Name"))


def _named(network: Network, site: Site, kind: str, body: object) -> Iterator[Named]:
    assert isinstance(body, dict)
    if kind in CHAIN_KINDS:
        name = text(body.get("Name"))
        elsewhere = of_peer(name, body)
        yield from ((site.name, other) for other in related(kind, name, body) - elsewhere)
    elif kind == INTENTIONS:
        for source in items(body.get("Sources")):
            peer = network.peer(site, text(source.get("Peer"))) if source.get("Peer") else None
            cluster = site.name if not source.get("Peer") else peer.there if peer else ""
            if cluster:
                yield cluster, text(source.get("Name"))
