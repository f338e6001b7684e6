"""Exports as they take effect: what the peer sees, and whose certificates a service's proxy accepts."""

from __future__ import annotations

from typing import NamedTuple

from reconciler_consul.access.network.site import Site, spelled
from reconciler_consul.graph.body import ANY, EXPORTS, HIDDEN, HTTP_LIKE, items, text


class Export(NamedTuple):
    """One item of the exports: its number in `Services`, and the peers that it names, with their numbers."""

    number: int
    peers: dict[str, int]


class Exports:
    """The exports of a cluster by the name that they give."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.by_name: dict[str, list[Export]] = {}
        body = site.entry(EXPORTS, "default") or {}
        for index, item in enumerate(items(body.get("Services"))):
            peers: dict[str, int] = {}
            for number, consumer in enumerate(items(item.get("Consumers"))):
                if consumer.get("Peer"):
                    peers.setdefault(text(consumer["Peer"]), number)
            here = not site.enterprise or text(item.get("Namespace")) in ("", "default", ANY)
            if here and text(item.get("Name")) != HIDDEN:  # Community Edition blanks the namespace
                self.by_name.setdefault(text(item.get("Name")), []).append(Export(index, peers))

    def given(self, service: str, peer: str) -> Export | None:
        """Return the export of a service to a peer: any item that names both, the wildcard last."""
        found = (*self.by_name.get(service, ()), *(self.by_name.get(ANY, ()) if service != HIDDEN else ()))
        return next((export for export in found if peer in export.peers), None)

    def effective(self, service: str) -> Export | None:
        """Return the item that servers take the trusted peers of a name from: the last that names the
        service, otherwise the last wildcard.
        """
        named = self.by_name.get(service) or self.by_name.get(ANY)
        return named[-1] if named else None

    def names(self, peer: str) -> set[str]:
        """Return the names that are exported to a peer, `*` among them."""
        return {name for name, listed in self.by_name.items() if any(peer in one.peers for one in listed)}

    def peers(self) -> set[str]:
        """Return every peer that something is exported to."""
        return {peer for listed in self.by_name.values() for one in listed for peer in one.peers}


def exports_of(site: Site) -> Exports:
    """Return a cluster's exports; they are read once."""
    return site.once(EXPORTS, lambda: Exports(site))


def trusted(site: Site, service: str) -> frozenset[str]:
    """Return the peers whose certificates, and whose intentions, the proxies of a service know.

    Servers give a proxy the trust bundles of the peers that a chain with the service among its targets is
    exported to, by the item that wins (Consul 1.13 to 1.22, `TrustBundleListByService`).
    """
    return site.once(("trusted", service), lambda: frozenset(_trusted(site, service)))


def _trusted(site: Site, service: str) -> set[str]:
    exports = exports_of(site)
    own = service.lower()
    peers: set[str] = set()
    for low in site.leading_to(service):
        name = service if low == own else spelled(site, low)
        effective = exports.effective(name)
        if effective is not None and effective.peers and _targets(site, name, service):
            peers.update(effective.peers)
    return peers


def _targets(site: Site, name: str, service: str) -> bool:
    """Say whether a name's chain has a service among its targets, failover included."""
    if not site.has_chain(name):
        return name == service
    chain = site.chain(name).chain
    return chain is not None and any(end.service == service and not end.peer for end in chain.ends)


def is_http(protocol: str) -> bool:
    """Say whether requests of a protocol are looked into."""
    return protocol in HTTP_LIKE
