"""Clusters: silent ones, gateways, clocks, versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.sdk.access.answer import Origin
from reconciler_consul.access.network.exports import exports_of
from reconciler_consul.access.network.parsing import Version, mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, found, place
from reconciler_consul.graph.body import DEFAULTS, EVERYWHERE, MESH, RESOLVER, items, struct, text

_APART = 5  # seconds between a cluster's clock and that of this machine from which they are apart
_PEERING, _STREAMS = (1, 13, 0), (1, 14, 0)


def of_clusters(network: Network) -> Found:
    """Yield what is wrong with the clusters themselves."""
    for site in network.sites.values():
        if site.whole_unknown:
            if site.exists:
                at = Origin(site.name)
                yield found("cluster-silent", f"{site.name} does not answer", site.whole_unknown, at=at)
            continue
        yield from _gateways(network, site)
        yield from _clock(site)
        yield from _versions(network, site)


# Gateways


def _gateways(network: Network, site: Site) -> Found:
    if site.gateway is not False and not _has_counts(site):
        return
    peers = network.links.of(site.name)
    exported = sorted({name for peer in peers for name in exports_of(site).names(peer.alias)})
    if exported:
        yield from _missing(site, f"exports {', '.join(exported)}")
    if peers and site.gateway is False:
        yield from _local(site)


def _has_counts(site: Site) -> bool:
    return isinstance(site.raw.get("gateways"), dict)


def _missing(site: Site, why: str) -> Found:
    counts = struct(site.raw.get("gateways"))
    there, passing, wan = (int(counts.get(key, 0)) for key in ("instances", "passing", "with_wan_address"))
    at = Origin(site.name)
    if site.gateway is False and there:
        seen = f"{there} registered, none of them passing"
        yield found("gateway-critical", f"all mesh gateways of {site.name} are critical", seen, at=at)
    elif site.gateway is False:
        yield found("no-gateway", f"{site.name} has no mesh gateway", f"{site.name} {why}", at=at)
    elif wan < there:
        seen = f"{there} registered, {passing} passing, {wan} with an address for the WAN"
        said = f"{there - wan} of the mesh gateways of {site.name} have no address for the WAN"
        yield found("gateway-without-wan", said, seen, at=at)


def _local(site: Site) -> Found:
    for kind, name, body in _modes(site):
        if text(struct(body.get("MeshGateway")).get("Mode")).lower() == "local":
            said = f"callers of {site.name} leave through a mesh gateway of their own, and there is none"
            at = place(site.name, kind, name, "MeshGateway")
            yield found("no-local-gateway", said, f"MeshGateway.Mode local in {kind} {name}", at=at)
            return


def _modes(site: Site) -> Iterator[tuple[str, str, Any]]:
    yield EVERYWHERE, "global", site.entry(EVERYWHERE, "global") or {}
    for body in site.entries.get(DEFAULTS, {}).values():
        config = struct(body.get("UpstreamConfig"))
        yield DEFAULTS, text(body.get("Name")), mapping_of(config.get("Defaults"))


# Clocks and versions


def _clock(site: Site) -> Found:
    offset = site.raw.get("clock_offset_s")
    if isinstance(offset, int | float) and abs(offset) > _APART:
        how = f"{abs(offset):g} s {'ahead' if offset > 0 else 'behind'}"
        said = f"the clock of {site.name} is {how}"
        yield found("clock-apart", said, "by the Date of its answers", at=Origin(site.name))


def _versions(network: Network, site: Site) -> Found:
    if site.version is None:
        return
    needs = [*_needs_of_links(network, site), *_needs_of_entries(site)]
    for since, what, at in needs:
        if site.version < since:
            had = f"{site.name} is {_shown(site.version)}, and {what} needs {_shown(since)}"
            said = f"{site.name} is too old for {what}"
            yield found("version-too-old", said, had, at=at, since=_shown(since))


def _needs_of_links(network: Network, site: Site) -> Iterator[tuple[Version, str, Origin]]:
    for peer in network.links.of(site.name):
        other = network.site(peer.there).version
        at = Origin(site.name, peer.address)
        yield _PEERING, "peering", at
        if other is not None and other >= _STREAMS:
            yield _STREAMS, f"peering with {peer.there} {_shown(other)}", at


def _needs_of_entries(site: Site) -> Iterator[tuple[Version, str, Origin]]:
    mesh = site.entry(MESH, MESH) or {}
    if struct(mesh.get("Peering")).get("PeerThroughMeshGateways"):
        at = place(site.name, MESH, MESH, "Peering")
        yield _STREAMS, "peering through mesh gateways", at
    for body in site.entries.get(RESOLVER, {}).values():
        rules = struct(body.get("Failover")).values()
        if any(one.get("Peer") for rule in rules for one in items(struct(rule).get("Targets"))):
            name = text(body.get("Name"))
            yield _STREAMS, "failover to a peer", place(site.name, RESOLVER, name, "Failover")


def _shown(version: Version) -> str:
    return ".".join(map(str, version))
