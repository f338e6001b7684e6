"""The pairs of a caller and a destination that a change of one object may concern."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.sdk.access.question import ANY, Service
from reconciler.sdk.address import Address
from reconciler_consul.access.network.exports import exports_of
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.access.touching import Callers, Pair, around, ends, leading, names_of, own_ways
from reconciler_consul.graph.body import (
    CHAIN_KINDS,
    DEFAULTS,
    EVERYWHERE,
    EXPORTS,
    INTENTIONS,
    MESH,
    has_permissions,
)
from reconciler_consul.graph.remake import sources
from reconciler_consul.kinds.names import entry_ref

PEERING = "peering"


class Touched:
    """The pairs of one world (`network`) that objects may concern which differ in the `other` one."""

    def __init__(self, network: Network, other: Network) -> None:
        self.network, self.other = network, other

    def by(self, address: Address) -> Iterator[Pair]:
        """Yield the pairs that an object may concern."""
        if address.type == PEERING:
            yield from self._by_peering(address)
            return
        kind, name = entry_ref(address)
        site, other = self.network.site(address.cluster), self.other.site(address.cluster)
        callers = Callers(self.network, site)
        if kind in CHAIN_KINDS:
            yield from callers.all_of(around(site, leading(site, name) | leading(other, name)))
        elif kind == INTENTIONS:
            yield from self._by_intentions(callers, other, name)
        elif kind == EXPORTS:
            yield from self._by_exports(callers, other)
        elif kind == DEFAULTS:
            yield from self._by_defaults(callers, other, name)
        elif kind == EVERYWHERE:
            yield from self._by_proxy_defaults(callers, other)
        elif kind == MESH:
            yield from self._by_mesh(callers)

    # Intentions

    def _by_intentions(self, callers: Callers, other: Site, name: str) -> Iterator[Pair]:
        changed = _changed_sources(callers.site, other, name)
        targets = names_of(self.network, callers.site) if name == ANY else {name}
        dialed = {one for target in targets for one in leading(callers.site, target)}
        for peer in (None, *self.network.links.of(callers.site.name)):
            who = {source for source, whose in changed if whose == (peer.alias if peer else "")}
            if who:
                yield from self._of_sources(callers, peer, dialed, who)

    def _of_sources(
        self, callers: Callers, peer: Peer | None, dialed: set[str], who: set[str]
    ) -> Iterator[Pair]:
        site = callers.site
        for name in dialed:
            names = callers.of(ends(site, name)[0], peer) if ANY in who else who
            if peer is not None:
                yield from callers.over(peer, name, names)
            else:
                yield from ((Service(site.name, caller), Service(site.name, name)) for caller in names)

    # Exports

    def _by_exports(self, callers: Callers, other: Site) -> Iterator[Pair]:
        site = callers.site
        mine, its = exports_of(site), exports_of(other)
        for peer in self.network.links.of(site.name):
            names = _differing(site, other, peer.alias)
            if ANY in names:
                names = (names - {ANY}) | names_of(self.network, site)
            further = around(site, names)
            for name in names | {
                one for one in further if mine.given(one, peer.alias) or its.given(one, peer.alias)
            }:
                yield from callers.over(peer, name)

    # Defaults

    def _by_defaults(self, callers: Callers, other: Site, name: str) -> Iterator[Pair]:
        site = callers.site
        mine, its = site.entry(DEFAULTS, name) or {}, other.entry(DEFAULTS, name) or {}
        if _differ(mine, its, "Protocol", "ExternalSNI") or not mine or not its:
            yield from callers.all_of(around(site, leading(site, name)))
        if _differ(mine, its, "MeshGateway", "UpstreamConfig"):
            yield from self._dialed_by(site, {name})

    def _by_proxy_defaults(self, callers: Callers, other: Site) -> Iterator[Pair]:
        site = callers.site
        mine, its = site.entry(EVERYWHERE, "global") or {}, other.entry(EVERYWHERE, "global") or {}
        if _protocol(mine) != _protocol(its):
            yield from callers.all_of(names_of(self.network, site))
        if _differ(mine, its, "MeshGateway"):
            yield from self._dialed_by(site, own_ways(site) | {ANY})

    def _dialed_by(self, site: Site, who: set[str]) -> Iterator[Pair]:
        """Yield all that these callers of a cluster can dial over peerings, and their local names."""
        for name in names_of(self.network, site):
            if site.has_chain(name):
                yield from ((Service(site.name, caller), Service(site.name, name)) for caller in who)
        for peer in self.network.links.of(site.name):
            there = self.network.site(peer.there)
            back = self.network.links.peer(peer.there, peer.called)
            if back is not None:
                for name in Callers(self.network, there).given_to(back):
                    told = who | (self._told(there, name, back) if ANY in who else set())
                    yield from ((Service(site.name, caller), Service(there.name, name)) for caller in told)

    def _told(self, there: Site, name: str, back: Peer) -> set[str]:
        return Callers(self.network, there).of(ends(there, name)[0], back)

    def _by_mesh(self, callers: Callers) -> Iterator[Pair]:
        site = callers.site
        for body in site.entries.get(INTENTIONS, {}).values():
            if has_permissions(body):
                yield from callers.all_of(leading(site, str(body.get("Name"))))

    # Peerings

    def _by_peering(self, address: Address) -> Iterator[Pair]:
        for here, there in ((address.cluster, address.name), (address.name, address.cluster)):
            for network in (self.network, self.other):
                peer = network.links.between(here, there)
                if peer is not None:
                    callers = Callers(self.network, self.network.site(here))
                    for name in Callers(network, network.site(here)).given_to(peer):
                        yield from callers.over(peer, name)


def _changed_sources(site: Site, other: Site, name: str) -> set[tuple[str, str]]:
    """Return the (name, peer) of the sources that differ."""
    mine, its = site.entry(INTENTIONS, name), other.entry(INTENTIONS, name)
    one, two = sources(mine), sources(its)
    all_ = (mine or {}).get("JWT") != (its or {}).get("JWT")
    return {(key[0], key[1]) for key in one.keys() | two.keys() if all_ or one.get(key) != two.get(key)}


def _differing(site: Site, other: Site, peer: str) -> set[str]:
    """Return the names whose export to a peer differs, `*` among them."""
    mine, its = exports_of(site), exports_of(other)
    found = mine.names(peer) ^ its.names(peer)
    for name in mine.by_name.keys() | its.by_name.keys():
        one, two = mine.effective(name), its.effective(name)
        if (one is not None and peer in one.peers) != (two is not None and peer in two.peers):
            found.add(name)
    return found


def _differ(mine: Any, its: Any, *fields: str) -> bool:
    return any(mine.get(field) != its.get(field) for field in fields)


def _protocol(body: Any) -> Any:
    config = mapping_of(body.get("Config"))
    return next((value for key, value in config.items() if str(key).lower() == "protocol"), None)
