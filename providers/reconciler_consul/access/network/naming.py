"""The services that a world names: those that run, and those that entries name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

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


class Names(NamedTuple):
    """Names of services by their cluster. `chained` are those of routers, splitters and resolvers: where such
    a name is not among the `services`, too, nothing runs by it, so that it can be dialed and calls no one.
    """

    services: dict[str, set[str]]
    chained: dict[str, set[str]]

    @property
    def all(self) -> dict[str, set[str]]:
        """All of them."""
        clusters = self.services.keys() | self.chained.keys()
        return {one: {*self.services.get(one, ()), *self.chained.get(one, ())} for one in clusters}


def services(network: Network) -> Sequence[Service]:
    """Return the services that exist or are named anywhere, and the names that lead to others, in order."""
    return _sorted(_named(network, network.sites).all)


def callers(network: Network) -> Sequence[Service]:
    """Return the services that exist or are named anywhere, in order."""
    return _sorted(_named(network, network.sites).services)


def services_near(network: Network, cluster: str) -> Sequence[Service]:
    """Return the services of a cluster and of those that it has peerings with, in order."""
    return network.site(cluster).once("services near", lambda: _near(network, cluster))


def _near(network: Network, cluster: str) -> Sequence[Service]:
    near = {cluster, *(peer.there for peer in network.links.of(cluster))}
    naming = {*near, *(peer.there for name in near for peer in network.links.of(name))}
    return _sorted({name: found for name, found in _named(network, naming).all.items() if name in near})


def _sorted(found: Mapping[str, set[str]]) -> Sequence[Service]:
    return tuple(
        Service(cluster, name) for cluster in sorted(found) for name in sorted(found[cluster] - {"", ANY})
    )


def _named(network: Network, clusters: Iterable[str]) -> Names:
    """Return the names of services by their cluster, as what is on these clusters names them."""
    found = Names({}, {})
    for cluster in clusters:
        site = network.site(cluster)
        here = site.once("named", partial(_by_site, network, site))
        for mine, its in zip(found, here, strict=True):
            for where, names in its.items():
                mine.setdefault(where, set()).update(names)
    return found


def _by_site(network: Network, site: Site) -> Names:
    """Return the services that a cluster names, by their cluster."""
    own = set(site.running or ())
    found = Names({site.name: own}, {})
    chained = _chained(site)
    defaults = {text(body.get("Name")) for body in site.entries.get(DEFAULTS, {}).values()}
    own.update(defaults - chained)
    own.update(text(one.get("Name")) for one in items((site.entry(EXPORTS, "default") or {}).get("Services")))
    intentions = site.entries.get(INTENTIONS, {}).values()
    own.update(text(body.get("Name")) for body in intentions)
    _add_sources(network, site, intentions, found.services)
    if site.running is None:
        own |= chained
    else:
        found.chained[site.name] = chained
    return found


def _chained(site: Site) -> set[str]:
    """Return the names that routers, splitters and resolvers have or lead to, but for those of peers."""
    found: set[str] = set()
    for kind in CHAIN_KINDS:
        for body in site.entries.get(kind, {}).values():
            name = text(body.get("Name"))
            found.add(name)
            found |= related(kind, name, body) - of_peer(name, body)
    return found


def _add_sources(
    network: Network, site: Site, intentions: Iterable[Body], found: dict[str, set[str]]
) -> None:
    """Add the sources of all intentions of a cluster, each name of a peer's once."""
    named: dict[str, set[str]] = {}
    for body in intentions:
        for source in items(body.get("Sources")):
            named.setdefault(text(source.get("Peer")), set()).add(text(source.get("Name")))
    found[site.name] |= named.pop("", set())
    for alias, names in named.items():
        peer = network.peer(site, alias)
        if peer is not None:
            found.setdefault(peer.there, set()).update(names)
