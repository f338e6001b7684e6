"""Intentions: peers that are not there, sources without export, what shadows what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler_consul.access.network.exports import exports_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.exports import named
from reconciler_consul.doctor.finding import Found, exported, found, peer_of, place, written
from reconciler_consul.graph.body import ANY, EXPORTS, INTENTIONS, items, text
from reconciler_consul.graph.remake import is_deny

Source = tuple[str, int, Mapping[str, Any]]  # the destination, the number of a source, and the source


def of_intentions(network: Network) -> Found:
    """Yield what is wrong with intentions."""
    for site in network.sites.values():
        if site.unknown(INTENTIONS, EXPORTS):
            continue
        for one in _sources(site):
            yield from _of_source(network, site, one)
        yield from _overridden(site)
        yield from _open_to_peers(network, site)
        yield from _closed(network, site)


def _sources(site: Site) -> Iterator[Source]:
    for body in site.entries.get(INTENTIONS, {}).values():
        name = text(body.get("Name"))
        yield from ((name, number, one) for number, one in enumerate(items(body.get("Sources"))))


def _of_source(network: Network, site: Site, one: Source) -> Found:
    destination, number, source = one
    alias, name = text(source.get("Peer")), text(source.get("Name"))
    at = place(site.name, INTENTIONS, destination, "Sources", number)
    action, here = "deny" if is_deny(source) else "allow", written(site.name, INTENTIONS, destination)
    if not alias:
        yield from _at_dialer(network, site, one)
        return
    if network.peer(site, alias) is None:
        if "peerings" not in site.raw.get("unknown", {}):
            known = ", ".join(sorted(peer.alias for peer in network.links.of(site.name))) or "none"
            said = f"the {action} of {name} of peer {alias} for {destination} has no effect"
            seen = f"peers of {site.name}: {known}"
            lost = [peer_of(site.name, alias)]
            yield found(
                "intention-unknown-peer", said, seen, at=at, services=[destination], explains=lost,
                because=[*lost, here], service=destination,
            )  # fmt: skip
    elif destination != ANY and action == "allow" and not _may_reach(site, destination, alias):
        said = f"{site.name} allows {name} of peer {alias} to call {destination}, and does not export it"
        of, words = [exported(site.name, destination, alias)], {"service": destination, "peer": alias}
        yield found(
            "intention-without-export", said, at=at, services=[destination], explains=of,
            because=[*of, here], words=words,
        )  # fmt: skip


def _may_reach(site: Site, destination: str, alias: str) -> bool:
    """Say whether the service, or a name that leads to it, is exported to a peer."""
    names = {destination.lower()} | site.leading_to(destination)
    given = site.once(("given", alias), lambda: {name.lower() for name in exports_of(site).names(alias)})
    return ANY in given or bool(names & given)


def _at_dialer(network: Network, site: Site, one: Source) -> Found:
    """Yield intentions for a service that only a peer has, written where its callers are."""
    destination, number, _ = one
    if destination == ANY or site.runs(destination) is not False or site.has_chain(destination):
        return
    for peer in network.links.of(site.name):
        exporter = network.site(peer.there)
        if exports_of(exporter).given(destination, peer.called) and exporter.runs(destination):
            at = place(site.name, INTENTIONS, destination, "Sources", number)
            said = f"{destination} runs on {peer.there}, and this intention is written on {site.name}"
            names, also = [destination], (peer.there,)
            yield found("intention-at-dialer", said, at=at, also=also, services=names, exporter=peer.there)
            return


# What shadows what


def _overridden(site: Site) -> Found:
    """Yield sources of the intentions for `*` that a service's own intentions decide otherwise."""
    general = {_key(one): one for one in _sources(site) if one[0] == ANY}
    for destination, number, source in _sources(site):
        other = general.get(_key((destination, number, source))) if destination != ANY else None
        if other is None or _says(other[2]) == _says(source) or _key(other)[0] == ANY:
            continue
        at = place(site.name, INTENTIONS, destination, "Sources", number)
        name, peer = _key(other)
        whom = f"{name} of peer {peer}" if peer else name
        said = f"for {destination}, the intention of {whom} takes the place of that for *"
        seen = [f"for *: {_says(other[2])}", f"for {destination}: {_says(source)}"]
        because = [written(site.name, INTENTIONS, one) for one in (destination, ANY)]
        yield found("intention-overridden", said, *seen, at=at, services=[destination], because=because)


def _key(one: Source) -> tuple[str, str]:
    return text(one[2].get("Name")), text(one[2].get("Peer"))


def _says(source: Mapping[str, Any]) -> str:
    return "permissions" if source.get("Permissions") else "deny" if is_deny(source) else "allow"


def _open_to_peers(network: Network, site: Site) -> Found:
    """Yield a deny of every local caller that leaves the callers of a peer in, by the default."""
    if site.default != "allow":
        return
    for destination, number, source in _sources(site):
        if _key((destination, number, source)) != (ANY, "") or not is_deny(source):
            continue
        peers = [peer.alias for peer in network.links.of(site.name)]
        reaching = [alias for alias in peers if _exported(site, destination, alias)]
        missed = [alias for alias in reaching if not _covers(site, destination, alias)]
        if missed:
            at = place(site.name, INTENTIONS, destination, "Sources", number)
            said = f"the deny of * for {destination} on {site.name} does not cover {', '.join(missed)}"
            seen = f"exported to {', '.join(missed)}; the default intention is allow"
            names, because = (
                [] if destination == ANY else [destination],
                written(site.name, INTENTIONS, destination),
            )
            yield found("deny-without-peer", said, seen, at=at, services=names, because=[because])


def _exported(site: Site, destination: str, alias: str) -> bool:
    return bool(named(site, alias)) if destination == ANY else _may_reach(site, destination, alias)


def _covers(site: Site, destination: str, alias: str) -> bool:
    """Say whether `*` of a peer has an intention for a destination, or for `*`."""
    keys = site.once("sources", lambda: {(one[0], *_key(one)) for one in _sources(site)})
    return bool({(destination, ANY, alias), (ANY, ANY, alias)} & keys)


def _closed(network: Network, site: Site) -> Found:
    """Yield services that are exported to a peer by name and let none of its callers in."""
    if site.default != "deny":
        return
    open_ = {(one[0], text(one[2].get("Peer"))) for one in _sources(site) if not is_deny(one[2])}
    for peer in network.links.of(site.name):
        for name in sorted(exports_of(site).names(peer.alias) - {ANY}):
            if site.has_chain(name) or {(name, peer.alias), (ANY, peer.alias)} & open_:
                continue
            said = f"{site.name} exports {name} to {peer.alias}, and lets no caller of it in"
            seen = f"the default intention of {site.name} is deny"
            at = place(site.name, INTENTIONS, name)
            words, because = {"service": name, "peer": peer.alias}, [written(site.name, INTENTIONS, name)]
            yield found(
                "nothing-allowed", said, seen, at=at, also=(peer.there,), services=[name], because=because,
                words=words,
            )  # fmt: skip
