"""Clusters: silent ones, gateways, clocks, versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from reconciler.sdk.access.answer import Origin
from reconciler_consul.access.network.exports import exports_of
from reconciler_consul.access.network.links import Peer
from reconciler_consul.access.network.parsing import Version, mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.access.network.world import Network
from reconciler_consul.doctor.finding import Found, Symptom, found, gateways, linked, place, same_as, silent
from reconciler_consul.graph.body import DEFAULTS, EVERYWHERE, MESH, RESOLVER, items, struct, text

_OF_TLS = ("certificate not accepted", "TLS failed")
_APART = 5  # seconds between a cluster's clock and that of this machine from which they are apart
_PEERING, _STREAMS = (1, 13, 0), (1, 14, 0)


def of_clusters(network: Network) -> Found:
    """Yield what is wrong with the clusters themselves."""
    for site in network.sites.values():
        if site.whole_unknown:
            if site.exists:
                yield _silent(site)
            continue
        yield from _gateways(network, site)
        yield from _versions(network, site)
    yield from _clocks(network)
    yield from _same(network)


def _same(network: Network) -> Found:
    """Yield the clusters that are another one, too. Partitions of Enterprise may be clusters of their own."""
    known: dict[tuple[str, str], str] = {}
    for site in network.sites.values():
        domain, datacenter = text(site.raw.get("trust_domain")), text(site.raw.get("datacenter"))
        if not domain or not datacenter or site.enterprise:
            continue
        first = known.setdefault((domain, datacenter), site.name)
        if first != site.name:
            seen = f"both are the datacenter {datacenter} with the trust domain {domain}"
            both = [same_as(first), same_as(site.name)]
            said = f"{first} and {site.name} are one cluster"
            yield found("same-cluster", said, seen, at=Origin(site.name), also=[first], explains=both)


def _silent(site: Site) -> Symptom:
    """What is wrong with certificates has its words in `reconciler.sdk.http`, in snapshots as well."""
    rule, said = "cluster-silent", f"{site.name} does not answer"
    if any(words in site.reasons for words in _OF_TLS):
        rule, said = "cluster-tls", f"no TLS connection to {site.name} comes about"
    return found(rule, said, site.reasons, at=Origin(site.name), explains=[silent(site.name)])


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
        said = f"all mesh gateways of {site.name} are critical"
        yield found("gateway-critical", said, seen, at=at, explains=[gateways(site.name)])
    elif site.gateway is False:
        said = f"{site.name} has no mesh gateway"
        yield found("no-gateway", said, f"{site.name} {why}", at=at, explains=[gateways(site.name)])
    elif wan < there:
        seen = f"{there} registered, {passing} passing, {wan} with an address for the WAN"
        lacks = "has" if there - wan == 1 else "have"
        said = f"{there - wan} of the mesh gateways of {site.name} {lacks} no address for the WAN"
        yield found("gateway-without-wan", said, seen, at=at)


def _local(site: Site) -> Found:
    for kind, name, body in _modes(site):
        if text(struct(body.get("MeshGateway")).get("Mode")).lower() == "local":
            said = f"callers of {site.name} leave through a mesh gateway of their own, and there is none"
            at = place(site.name, kind, name, "MeshGateway")
            seen, of = f"MeshGateway.Mode local in {kind} {name}", [gateways(site.name)]
            yield found("no-local-gateway", said, seen, at=at, because=of)
            return


def _modes(site: Site) -> Iterator[tuple[str, str, Any]]:
    yield EVERYWHERE, "global", site.entry(EVERYWHERE, "global") or {}
    for body in site.entries.get(DEFAULTS, {}).values():
        config = struct(body.get("UpstreamConfig"))
        yield DEFAULTS, text(body.get("Name")), mapping_of(config.get("Defaults"))


# Clocks and versions


def _clocks(network: Network) -> Found:
    """Yield the clusters whose clock is apart; where all are, alike, it is that of this machine."""
    offsets = {
        site.name: offset
        for site in network.sites.values()
        if isinstance(offset := site.raw.get("clock_offset_s"), int | float)
    }
    apart = {name: offset for name, offset in offsets.items() if abs(offset) > _APART}
    values = apart.values()
    if len(apart) > 1 and len(apart) == len(offsets) and max(values) - min(values) <= _APART:
        said = f"the clock of this machine is {_how(-min(values, key=abs))} those of all clusters"
        at = Origin(min(apart))
        yield found("own-clock", said, "by the Date of their answers", at=at, also=apart)
        return
    for name, offset in apart.items():
        said = f"the clock of {name} is {_how(offset)} that of this machine"
        yield found("clock-apart", said, "by the Date of its answers", at=Origin(name))


def _how(offset: float) -> str:
    return f"{abs(offset):g} s {'ahead of' if offset > 0 else 'behind'}"


class _Need(NamedTuple):
    """What a version lacks. `over`: the peerings that do not work without it."""

    since: Version
    what: str
    at: Origin
    over: tuple[Peer, ...] = ()


def _versions(network: Network, site: Site) -> Found:
    """Yield what a cluster is too old for: of all that concerns peerings, what needs the latest version."""
    if site.version is None:
        return
    for need in (*_needs_of_links(network, site), *_needs_of_entries(site)):
        if site.version < need.since:
            had = f"{site.name} is {_shown(site.version)}, and {need.what} needs {_shown(need.since)}"
            said = f"{site.name} is too old for {need.what}"
            yield found(
                "version-too-old", said, had, at=need.at, also=[peer.there for peer in need.over],
                explains=[linked(site.name, peer.there) for peer in need.over], since=_shown(need.since),
            )  # fmt: skip


def _needs_of_links(network: Network, site: Site) -> Iterator[_Need]:
    peers = network.links.of(site.name)
    if not peers or site.version is None:
        return
    later = [peer for peer in peers if (network.site(peer.there).version or ()) >= _STREAMS]
    if later and site.version < _STREAMS:
        names = ", ".join(peer.there for peer in later)
        yield _Need(_STREAMS, f"peering with {names}", Origin(site.name), tuple(later))
    elif site.version < _PEERING:
        yield _Need(_PEERING, "peering", Origin(site.name), tuple(peers))


def _needs_of_entries(site: Site) -> Iterator[_Need]:
    mesh = site.entry(MESH, MESH) or {}
    if struct(mesh.get("Peering")).get("PeerThroughMeshGateways"):
        at = place(site.name, MESH, MESH, "Peering")
        yield _Need(_STREAMS, "peering through mesh gateways", at)
    for body in site.entries.get(RESOLVER, {}).values():
        rules = struct(body.get("Failover")).values()
        if any(one.get("Peer") for rule in rules for one in items(struct(rule).get("Targets"))):
            name = text(body.get("Name"))
            yield _Need(_STREAMS, "failover to a peer", place(site.name, RESOLVER, name, "Failover"))


def _shown(version: Version) -> str:
    return ".".join(map(str, version))
