"""Which callers and destinations a change of an object can concern: found from the object, not by pairs.

Callers are those that intentions name, those whose own defaults say how they dial, and `*` for all others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.sdk.access.question import ANY, Service
from reconciler_consul.access.judging.intentions import named
from reconciler_consul.access.network.exports import exports_of
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.naming import services_near
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site, spelled
from reconciler_consul.access.network.world import Network
from reconciler_consul.graph.body import CHAIN_KINDS, DEFAULTS, RESOLVER, items, struct, text
from reconciler_consul.kinds.names import folded

Pair = tuple[Service, Service]


def names_of(network: Network, site: Site) -> set[str]:
    """Return the names of a cluster that can be dialed: what runs, and what has a chain; where it is not
    known what runs, all that entries name.
    """
    chained = {spelled(site, low) for kind in CHAIN_KINDS for low in site.shelf.of(kind)}
    if site.running is not None:
        return {*site.running, *chained}
    near = services_near(network, site.name)
    return chained | {one.name for one in near if one.cluster == site.name}


def leading(site: Site, service: str) -> set[str]:
    """Return a service and the names that may lead to it, as they are spelled."""
    own = folded(service)
    return {service if low == own else spelled(site, low) for low in site.leading_to(service)}


def ends(site: Site, name: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Return where a name's chain may end: services here, and (alias, service) of peers."""
    if not site.has_chain(name):
        return {name}, set()
    return site.once(("ends", name), lambda: _ends(site, name))


def _ends(site: Site, name: str) -> tuple[set[str], set[tuple[str, str]]]:
    """Return the ends of the chain with and without its upper half: a caller may dial by another protocol."""
    chains = [tried.chain for tried in (site.chain(name), site.chain(name, routed=False)) if tried.chain]
    found = {end for chain in chains for end in chain.ends}
    here = {end.service for end in found if not end.peer}
    return here if found else {name}, {(end.peer, end.service) for end in found if end.peer}


def around(site: Site, names: set[str]) -> set[str]:
    """Return these names, and all that lead to where they end: proxies there trust the peers of each."""
    reached = {end for name in names for end in ends(site, name)[0]}
    return names | {lead for end in reached for lead in leading(site, end)}


def own_ways(site: Site) -> set[str]:
    """Return the callers of a cluster whose own defaults say how they dial."""
    entries = site.entries.get(DEFAULTS, {}).values()
    return site.once("own ways", lambda: {text(body.get("Name")) for body in entries if _has_way(body)})


def _has_way(body: object) -> bool:
    found = mapping_of(body)
    config = mapping_of(found.get("UpstreamConfig"))
    parts = [found, mapping_of(config.get("Defaults")), *items(config.get("Overrides"))]
    return any(mapping_of(part.get("MeshGateway")).get("Mode") for part in parts) or any(
        part.get("Protocol") for part in parts[1:]
    )


def over_peers(site: Site) -> dict[tuple[str, str], set[str]]:
    """Return the names of a cluster whose resolver leads to a service of a peer, by (alias, service), and
    all that lead to them.
    """
    return site.once("over peers", lambda: _over_peers(site))


def _over_peers(site: Site) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for body in site.entries.get(RESOLVER, {}).values():
        name = text(body.get("Name"))
        targets = [struct(body.get("Redirect"))]
        targets += [
            one
            for rule in struct(body.get("Failover")).values()
            for one in items(struct(rule).get("Targets"))
        ]
        for target in targets:
            if target.get("Peer"):
                key = folded(text(target["Peer"])), text(target.get("Service")) or name
                found.setdefault(key, set()).update(leading(site, name))
    return found


class Callers:
    """Who may call the services of a cluster, and by which names."""

    def __init__(self, network: Network, site: Site) -> None:
        self.network, self.site = network, site

    def of(self, services: Iterable[str], peer: Peer | None) -> set[str]:
        """Return the names of callers, local ones or those of a peer, that the intentions distinguish
        for these services.
        """
        alias = peer.alias if peer else ""
        found = {name for one in services for name, whose in named(self.site, one) if whose == alias}
        caller = self.network.site(peer.there) if peer else self.site
        return {*found, *own_ways(caller), ANY}

    def local(self, name: str) -> Iterator[Pair]:
        """Yield the local callers of a name, with it."""
        here, away = ends(self.site, name)
        callers = self.of(here, None)
        for alias, service in away:
            callers |= self._known_there(alias, service)
        for caller in callers:
            yield Service(self.site.name, caller), Service(self.site.name, name)

    def _known_there(self, alias: str, service: str) -> set[str]:
        """Return the callers of this cluster that a peer's intentions for a service distinguish."""
        peer = self.network.peer(self.site, alias)
        if peer is None:
            return set()
        there = self.network.site(peer.there)
        reached, _ = ends(there, service)
        return {name for one in reached for name, whose in named(there, one) if whose == peer.called}

    def over(self, peer: Peer, name: str, callers: Iterable[str] | None = None) -> Iterator[Pair]:
        """Yield a peer's callers of an exported name, and of its own names that lead there. `peer` is as
        this cluster sees it; `callers` are all that the intentions distinguish if they are not given.
        """
        caller_site = self.network.site(peer.there)
        reached, _ = ends(self.site, name)
        own = over_peers(caller_site).get((folded(peer.called), name), set())
        for caller in self.of(reached, peer) if callers is None else callers:
            yield Service(peer.there, caller), Service(self.site.name, name)
            for other in own:
                yield Service(peer.there, caller), Service(peer.there, other)

    def all_of(self, names: Iterable[str]) -> Iterator[Pair]:
        """Yield the callers of names, local ones and those of the peers that they are exported to."""
        exports = exports_of(self.site)
        for name in names:
            yield from self.local(name)
            for peer in self.network.links.of(self.site.name):
                if exports.given(name, peer.alias) is not None:
                    yield from self.over(peer, name)

    def given_to(self, peer: Peer) -> set[str]:
        """Return the names that are exported to a peer, those that a wildcard covers among them."""
        names = exports_of(self.site).names(peer.alias)
        return (names - {ANY}) | names_of(self.network, self.site) if ANY in names else names
