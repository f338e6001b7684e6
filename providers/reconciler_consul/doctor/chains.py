"""Resolvers and what they lead to: peers, subsets, failover, protocols."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from reconciler_consul.access.network.exports import exports_of, is_http
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, exported, found, instances, peer_of, place, written
from reconciler_consul.graph.body import (
    EXPORTS,
    OF_CHAINS,
    RESOLVER,
    ROUTER,
    SPLITTER,
    items,
    related,
    struct,
    text,
)

Path = tuple[str | int, ...]


class Target(NamedTuple):
    """A service of a peer that a resolver leads to, and where it is written."""

    name: str
    service: str
    alias: str
    path: Path


def of_chains(network: Network) -> Found:
    """Yield what is wrong with resolvers."""
    for site in network.sites.values():
        if not site.unknown(*OF_CHAINS):
            for body in site.entries.get(RESOLVER, {}).values():
                name = text(body.get("Name"))
                for target in _targets(name, body):
                    yield from _of_target(network, site, target)
                yield from _subsets(site, name, body)
                yield from _stuck(network, site, name, body)


def _targets(name: str, body: Mapping[str, Any]) -> Iterator[Target]:
    redirect = struct(body.get("Redirect"))
    if redirect.get("Peer"):
        yield Target(name, text(redirect.get("Service")) or name, text(redirect["Peer"]), ("Redirect",))
    for subset, rule in struct(body.get("Failover")).items():
        for number, one in enumerate(items(struct(rule).get("Targets"))):
            if one.get("Peer"):
                path = ("Failover", str(subset), "Targets", number)
                yield Target(name, text(one.get("Service")) or name, text(one["Peer"]), path)


def _of_target(network: Network, site: Site, target: Target) -> Found:
    at = place(site.name, RESOLVER, target.name, *target.path)
    peer = network.peer(site, target.alias)
    if peer is None:
        if "peerings" not in site.raw.get("unknown", {}):
            known = ", ".join(sorted(one.alias for one in network.links.of(site.name))) or "none"
            said = f"{target.name} of {site.name} leads to peer {target.alias}, which it does not have"
            seen = f"peers of {site.name}: {known}"
            lost = [peer_of(site.name, target.alias)]
            yield found(
                "target-unknown-peer", said, seen, at=at, services=[target.name], explains=lost,
                because=[*lost, written(site.name, RESOLVER, target.name)], service=target.name,
            )  # fmt: skip
        return
    exporter = network.site(peer.there)
    if exporter.unknown(EXPORTS):
        return
    words = {"target": target.service, "exporter": peer.there, "peer": peer.called, "service": target.name}
    if exports_of(exporter).given(target.service, peer.called) is None:
        said = (
            f"{target.name} of {site.name} leads to {target.service} of {peer.there}, which is not exported"
        )
        seen = f"{peer.there} calls {site.name} {peer.called}"
        names, of = [target.name, target.service], [exported(peer.there, target.service, peer.called)]
        yield found(
            "target-not-exported", said, seen, at=at, also=(peer.there,), services=names, explains=of,
            because=of, words=words,
        )  # fmt: skip
    yield from _protocols(site, exporter, target, words)


def _protocols(site: Site, exporter: Site, target: Target, words: Mapping[str, str]) -> Found:
    """Yield names that a router or splitter leads to, whose two ends differ in whether they are HTTP."""
    if exporter.unknown(*OF_CHAINS) or not _is_routed_to(site, target.name):
        return
    mine, its = site.protocol(target.name), exporter.protocol(target.service)
    if is_http(mine) != is_http(its):
        said = f"{target.name} is {mine} on {site.name}, and {target.service} is {its} on {exporter.name}"
        at = place(site.name, RESOLVER, target.name, *target.path)
        names = [target.name, target.service]
        more = {**words, "protocol": its}
        yield found("protocol-differs", said, at=at, also=(exporter.name,), services=names, words=more)


def _is_routed_to(site: Site, name: str) -> bool:
    own = any(site.entry(kind, name) for kind in (ROUTER, SPLITTER))
    return own or name in site.once("routed to", lambda: _routed_to(site))


def _routed_to(site: Site) -> set[str]:
    """Return the names that routers and splitters lead to."""
    kinds = (ROUTER, SPLITTER)
    bodies = ((kind, body) for kind in kinds for body in site.entries.get(kind, {}).values())
    return {name for kind, body in bodies for name in related(kind, text(body.get("Name")), body)}


# Subsets


def _subsets(site: Site, name: str, body: Mapping[str, Any]) -> Found:
    """Yield subsets whose filter no instance passes, where the world has the counts."""
    counts = _counts(site, name)
    for subset, count in counts.items():
        if count == 0:
            chosen = text(struct(struct(body.get("Subsets")).get(subset)).get("Filter"))
            said = f"no instance of {name} on {site.name} is in its subset {subset}"
            at = place(site.name, RESOLVER, name, "Subsets", subset)
            seen = f"Filter: {chosen}" if chosen else "all instances are critical"
            of = [instances(site.name, name)]
            yield found("subset-empty", said, seen, at=at, services=[name], because=of, service=name)


def _counts(site: Site, name: str) -> Mapping[str, Any]:
    services = items(site.raw.get("services") or ())
    counts = site.once("subsets", lambda: {one.get("name"): struct(one.get("subsets")) for one in services})
    return counts.get(name, {})


# Failover


def _stuck(network: Network, site: Site, name: str, body: Mapping[str, Any]) -> Found:
    """Yield failovers that requests would stay in: a peer without healthy instance, before other targets."""
    for subset, rule in struct(body.get("Failover")).items():
        targets = items(struct(rule).get("Targets"))
        for number, one in enumerate(targets[:-1]):
            peer = network.peer(site, text(one.get("Peer"))) if one.get("Peer") else None
            service = text(one.get("Service")) or name
            if peer is not None and _is_hidden(network, peer, service):
                path = ("Failover", str(subset), "Targets", number)
                after = f"{len(targets) - number - 1} further target(s) are not tried"
                said = f"the failover of {name} on {site.name} stays with {service} of {peer.there}"
                seen = f"no instance of {service} is healthy on {peer.there}, and its mesh gateway passes"
                at = place(site.name, RESOLVER, name, *path)
                words = {"target": service, "exporter": peer.there}
                names, also, of = [name, service], (peer.there,), [instances(peer.there, service)]
                yield found(
                    "failover-stuck",
                    said,
                    seen,
                    after,
                    at=at,
                    also=also,
                    services=names,
                    because=of,
                    words=words,
                )


def _is_hidden(network: Network, peer: Peer, service: str) -> bool:
    there = network.site(peer.there)
    runs = there.runs(service)
    given = exports_of(there).given(service, peer.called)
    return given is not None and there.gateway is True and bool(runs) and not getattr(runs, "healthy", True)
