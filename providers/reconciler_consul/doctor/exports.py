"""Exports: to whom they are, whether they take effect, and whether anything of the name runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler_consul.access.network.exports import exports_of, is_http
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.parsing import list_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, found, instances, link, peer_of, place, written
from reconciler_consul.graph.body import ANY, EXPORTS

_ENTRY = "default"
Sides = tuple[Mapping[str, Any], str, str]  # a peering, and the roles of exporter and importer in it


def of_exports(network: Network, peerings: Any) -> Found:
    """Yield what is wrong with exports."""
    for site in network.sites.values():
        if not site.unknown(EXPORTS):
            if "peerings" not in site.raw.get("unknown", {}):
                yield from _to_nobody(network, site)
            for peer in network.links.of(site.name):
                yield from _to(site, peer)
            yield from _running(network, site)
    for item in list_of(peerings):
        for sides in ((item, "acceptor", "dialer"), (item, "dialer", "acceptor")):
            yield from _lists(network, sides)


def _to_nobody(network: Network, site: Site) -> Found:
    known = sorted(peer.alias for peer in network.links.of(site.name))
    exports = exports_of(site)
    for name, listed in exports.by_name.items():
        for one in listed:
            for peer, number in one.peers.items():
                if network.peer(site, peer) is None:
                    at = place(site.name, EXPORTS, _ENTRY, "Services", one.number, "Consumers", number)
                    seen = f"peers of {site.name}: {', '.join(known) or 'none'}"
                    said = f"{site.name} exports {name} to {peer}, and has no peer of that name"
                    lost, here = [peer_of(site.name, peer)], written(site.name, EXPORTS, name)
                    yield found(
                        "export-unknown-peer", said, seen, at=at, services=[name], explains=lost,
                        because=[*lost, here],
                    )  # fmt: skip


def named(site: Site, alias: str) -> set[str]:
    """Return the services that are exported to a peer by name, or by a wildcard because they run."""
    names = exports_of(site).names(alias)
    running = {one.name for one in (site.running or {}).values() if one.sidecar} if ANY in names else set()
    return (names - {ANY}) | running


def _to(site: Site, peer: Peer) -> Found:
    """Yield what is exported to one peer by an item that does not count."""
    for name in sorted(named(site, peer.alias)):
        given, effective = exports_of(site).given(name, peer.alias), exports_of(site).effective(name)
        if (
            given is None
            or effective is None
            or peer.alias in effective.peers
            or is_http(site.protocol(name))
        ):
            continue
        seen = f"the item that decides is Services[{effective.number}], for {', '.join(effective.peers)}"
        said = f"{name} of {site.name} is exported to {peer.alias} by an item that does not count"
        at = place(site.name, EXPORTS, _ENTRY, "Services", given.number)
        because = [written(site.name, EXPORTS, name)]
        names, also = [name], (peer.there,)
        yield found(
            "export-shadowed", said, seen, at=at, also=also, services=names, because=because, service=name
        )


def _running(network: Network, site: Site) -> Found:
    """Yield the services that are exported and do not run, each once."""
    peers: dict[str, list[Peer]] = {}
    for peer in network.links.of(site.name):
        for name in named(site, peer.alias):
            peers.setdefault(name, []).append(peer)
    for name in sorted(peers):
        given = exports_of(site).given(name, peers[name][0].alias)
        at = place(site.name, EXPORTS, _ENTRY, *(("Services", given.number) if given else ()))
        also = [peer.there for peer in peers[name]]
        for rule, said, seen in _wrong(site, name, ", ".join(peer.alias for peer in peers[name])):
            of = [instances(site.name, name)]
            yield found(rule, said, seen, at=at, also=also, services=[name], explains=of, service=name)


def _wrong(site: Site, name: str, aliases: str) -> Iterator[tuple[str, str, str]]:
    runs = site.runs(name)
    if runs is None:
        return
    if runs is False and site.has_chain(name):
        said = f"{site.name} exports {name} to {aliases}, a name without instances"
        yield "export-redirected", said, f"a resolver, splitter or router is all that {name} has"
    elif isinstance(runs, bool) or not runs.sidecar:
        seen = "no instance is registered" if isinstance(runs, bool) else "no instance has a sidecar proxy"
        said = f"{site.name} exports {name} to {aliases}, and it is not in its mesh"
        yield "export-without-instance", said, seen
    elif not runs.healthy:
        said = f"no instance of {name} is healthy on {site.name}, and {aliases} imports it"
        yield "import-unhealthy", said, "all instances, or their sidecars, are critical"


# What the rows of both ends list


def _lists(network: Network, sides: Sides) -> Found:
    item, mine, theirs = sides
    if item.get(f"state_at_{mine}") != "ACTIVE" or item.get(f"state_at_{theirs}") != "ACTIVE":
        return
    sent, received = item.get(f"exported_at_{mine}"), item.get(f"imported_at_{theirs}")
    if not isinstance(sent, list) or not isinstance(received, list):
        return
    site = network.site(item[mine])
    if site.unknown(EXPORTS) or site.running is None:
        return
    alias = str(item.get(f"name_at_{mine}"))
    reachable = {name for name in named(site, alias) if _is_in_mesh(site, name)}
    yield from _not_listed(sides, reachable - set(sent), "export-not-sent")
    yield from _not_listed(sides, reachable & set(sent) - set(received), "import-not-received")


def _is_in_mesh(site: Site, name: str) -> bool:
    runs = site.runs(name)
    return not isinstance(runs, bool) and runs is not None and runs.sidecar


def _not_listed(sides: Sides, names: set[str], rule: str) -> Found:
    item, mine, theirs = sides
    here, there = item[mine], item[theirs]
    for name in sorted(names):
        lists = [_list(item, mine, "exported"), _list(item, theirs, "imported")]
        said = f"{here} exports {name} to {there}, and does not send it"
        if rule == "import-not-received":
            said = f"{here} exports {name} to {there}, which has not imported it"
        alias = str(item.get(f"name_at_{mine}"))
        at, peering = link(item, here), f"peering.{item['acceptor']}/{item['dialer']}"
        words = {"alias": alias, "peering": peering}
        yield found(rule, said, *lists, at=at, also=(there,), services=[name], words=words)


def _list(item: Mapping[str, Any], role: str, what: str) -> str:
    listed = item.get(f"{what}_at_{role}") or []
    shown = ", ".join(map(str, listed[:10])) or "none"
    return f"{item[role]} lists {len(listed)} {what}: {shown}{', …' if len(listed) > 10 else ''}"
