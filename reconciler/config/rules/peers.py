"""Rules across clusters: names of peers, what they export, and whom a deny does not reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.config.clusters.names import did_you_mean
from reconciler.config.drafts.destinations import Destination, destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.exposure import Exposure
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps, path_of
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

Path = tuple[str | int, ...]


def peer_problems(draft: Draft, links: Links) -> Iterator[Diagnostic]:
    """Report peer names in raw entries that no declared peering has: Consul takes them without any effect."""
    if not draft.raw or not links.sure:
        return
    here = draft.address.cluster
    named = [(draft.place.inner(*path), peer) for path, peer in _peers(draft)]
    named += [(destination.place, destination.peer) for destination in destinations(draft)]
    for place, peer in named:
        if isinstance(peer, str) and peer and "*" not in peer and links.named(here, peer) is None:
            hint = did_you_mean(peer, links.aliases(here))
            summary = f'{here} has no declared peer called "{peer}"'
            yield place.problem("unknown-peer", summary, hint, warning=True)


def _peers(draft: Draft) -> Iterator[tuple[Path, Any]]:
    """Yield every peer that a raw entry names as caller or consumer, with its path."""
    body = draft.body
    for number, service in maps(get(body, "Services")):
        for position, consumer in maps(get(service, "Consumers")):
            yield path_of(body, "Services", number, "Consumers", position, "Peer"), get(consumer, "Peer")
    for number, source in maps(get(body, "Sources")):
        yield path_of(body, "Sources", number, "Peer"), get(source, "Peer")
    for number, override in maps(get(get(body, "UpstreamConfig"), "Overrides")):
        yield path_of(body, "UpstreamConfig", "Overrides", number, "Peer"), get(override, "Peer")
    for number, member in maps(get(body, "Members")):
        yield path_of(body, "Members", number, "Peer"), get(member, "Peer")


def unexported_targets(drafts: Drafts, links: Links, exposure: Exposure) -> Iterator[Diagnostic]:
    """Report failover, redirect, split and route destinations at a peer, or in a partition beside, that does
    not export them.
    """
    for draft in drafts:
        here = draft.address.cluster
        for destination in destinations(draft):
            service = destination.service
            there = _where(destination, here, drafts, links)
            if there is not None and not exposure.sees(here, service, there):
                yield _not_exported(destination.place, here, service, there, links, exposure)


def _where(destination: Destination, here: str, drafts: Drafts, links: Links) -> str | None:
    """Return the other declared cluster that a destination is in, or `None`."""
    if destination.peer is not None:
        found = links.named(here, destination.peer)
        return found[0] if found is not None else None
    if destination.partition is None:
        return None
    beside = drafts.cluster_set.clusters_at(here, destination.partition)
    return next((name for name in beside if name != here), None)


def _not_exported(
    place: Place, here: str, service: str, there: str, links: Links, exposure: Exposure
) -> Diagnostic:
    """Return an error where this configuration decides what the other cluster exports, else a warning."""
    entry = exposure.entries.get(there)
    hint = f"add  exports: {{{there}: {{{service}: [{here}]}}}}"
    if entry is not None and entry.raw:
        peer = links.alias(there, here)
        who = f"Peer: {peer}" if peer else f"Partition: {exposure.cluster_set.partition_of(there, here)}"
        hint = f"add to Services at {entry.key.position}:  {{Name: {service}, Consumers: [{{{who}}}]}}"
    summary = f'"{there}" does not export "{service}" to "{here}"'
    return place.problem("not-exported", summary, hint, warning=not exposure.manages(there))


def uncovered_denies(drafts: Drafts, exposure: Exposure) -> Iterator[Diagnostic]:
    """Report a deny of `*` without a peer: it reaches local services only (Consul's rbac.go: the local trust
    domain).
    """
    for draft in drafts:
        cluster = drafts.cluster_set.clusters.get(draft.address.cluster)
        closed = cluster is not None and cluster.default_intention == "deny"
        if draft.address.type != "service_intentions" or closed:
            continue
        left = _left_open(draft, drafts, exposure)
        number = _local_deny(draft) if left else None
        if number is not None:
            place = draft.place_of("Sources", number)
            summary = f'the deny of "*" does not reach peers: {", ".join(left)} may see {_what(draft)}'
            hint = 'write "*@*" (everyone everywhere), or "*@" and a cluster'
            yield place.problem("peers-not-denied", summary, hint, warning=True)


def _what(draft: Draft) -> str:
    return "exported services" if draft.address.name == "*" else f'the exported "{draft.address.name}"'


def _local_deny(draft: Draft) -> int | None:
    for number, source in maps(get(draft.body, "Sources")):
        if get(source, "Name") == "*" and not get(source, "Peer") and get(source, "Action") == "deny":
            return number
    return None


def _left_open(draft: Draft, drafts: Drafts, exposure: Exposure) -> list[str]:
    """Return the peers that see the service and that no `*` source is about."""
    here, service = draft.address.cluster, draft.address.name
    seen_by = exposure.consumers(here, service)
    if not seen_by:
        return []
    entries = [draft, drafts.get("service_intentions", here, "*")]
    covered = {
        get(source, "Peer")
        for entry in entries
        if entry is not None
        for _, source in maps(get(entry.body, "Sources"))
        if get(source, "Name") == "*"
    }
    return [peer for peer in seen_by if peer not in covered]
