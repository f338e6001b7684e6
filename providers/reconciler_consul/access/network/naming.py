"""The services that a world names: those that run, and those that entries name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from reconciler.sdk.access.question import ANY, Service
from reconciler.sdk.provider import Body
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


def services(network: Network) -> Sequence[Service]:
    """Return the services that exist or are named anywhere, in order."""
    return _sorted(_named(network, network.sites))


def services_near(network: Network, cluster: str) -> Sequence[Service]:
    """Return the services of a cluster and of those that it has peerings with, in order."""
    return network.site(cluster).once("services near", lambda: _near(network, cluster))


def _near(network: Network, cluster: str) -> Sequence[Service]:
    near = {cluster, *(peer.there for peer in network.links.of(cluster))}
    naming = {*near, *(peer.there for name in near for peer in network.links.of(name))}
    return _sorted({name: named for name, named in _named(network, naming).items() if name in near})


def _sorted(found: Mapping[str, set[str]]) -> Sequence[Service]:
    return tuple(
        Service(cluster, name) for cluster in sorted(found) for name in sorted(found[cluster] - {"", ANY})
    )


def _named(network: Network, clusters: Iterable[str]) -> dict[str, set[str]]:
    """Return the names of services by their cluster, as what is on these clusters names them."""
    found: dict[str, set[str]] = {}
    for cluster in clusters:
        site = network.site(cluster)
        for where, names in site.once("named", partial(_by_site, network, site)).items():
            found.setdefault(where, set()).update(names)
    return found


def _by_site(network: Network, site: Site) -> dict[str, set[str]]:
    """Return the services that a cluster names, by their cluster."""
    own = set(site.running or ())
    found = {site.name: own}
    for kind in CHAIN_KINDS:
        for body in site.entries.get(kind, {}).values():
            name = text(body.get("Name"))
            own.add(name)
            own |= related(kind, name, body) - of_peer(name, body)
    own.update(text(body.get("Name")) for body in site.entries.get(DEFAULTS, {}).values())
    own.update(text(one.get("Name")) for one in items((site.entry(EXPORTS, "default") or {}).get("Services")))
    for body in site.entries.get(INTENTIONS, {}).values():
        own.add(text(body.get("Name")))
        _add_sources(network, site, body, found)
    return found


def _add_sources(network: Network, site: Site, body: Body, found: dict[str, set[str]]) -> None:
    own = found[site.name]
    for source in items(body.get("Sources")):
        alias = source.get("Peer")
        if not alias:
            own.add(text(source.get("Name")))
            continue
        peer = network.peer(site, text(alias))
        if peer is not None:
            found.setdefault(peer.there, set()).add(text(source.get("Name")))
