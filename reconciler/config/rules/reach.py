"""Rules that hold exports and intentions against each other: one without the other does nothing, or too much.

Both are needed: a peer reaches a service that is exported to it, and only as an intention or the default
intention allows. All of it is about one cluster's own declarations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.config.drafts.destinations import destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.exposure import Exposure
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps
from reconciler.config.text.document import Mark, Place
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.dataclass import dataclass

WILDCARD = "*"


def unexported_sources(drafts: Drafts, links: Links, exposure: Exposure) -> Iterator[Diagnostic]:
    """Report a caller at a peer that is allowed to call what is not exported there.

    A group stands for several callers: it is enough that one of them is reached.
    """
    for draft in drafts:
        here, service = draft.address.cluster, draft.address.name
        if draft.address.type != "service_intentions" or service == WILDCARD or here not in exposure.entries:
            continue
        seen_by = set(exposure.consumers(here, service))
        for callers in _peered_callers(draft).values():
            if not seen_by & callers.keys() and not exposure.uses_groups(here, service):
                peer, where = next(iter(callers.items()))
                found = links.named(here, peer)
                if found is None:
                    continue  # which is another problem
                there = found[0]
                summary = f'{here} does not export "{service}" to {there}: this allows no one'
                hint = f"add  exports: {{{here}: {{{service}: [{there}]}}}}"
                yield where.problem("source-not-exported", summary, hint, warning=True)


def _peered_callers(draft: Draft) -> dict[Mark, dict[str, Place]]:
    """Return by the place where they are written the peers of callers that are named and allowed."""
    out: dict[Mark, dict[str, Place]] = {}
    for number, source in maps(get(draft.body, "Sources")):
        peer, place = get(source, "Peer"), draft.place_of("Sources", number)
        if isinstance(peer, str) and peer and get(source, "Name") != WILDCARD and _allows(source):
            out.setdefault(place.mark, {})[peer] = place
    return out


def _allows(source: Mapping[str, Any]) -> bool:
    """Say whether a source allows something."""
    permissions = maps(get(source, "Permissions"))
    return get(source, "Action") == "allow" or any(get(item, "Action") == "allow" for _, item in permissions)


def exported_to_nobody(drafts: Drafts, exposure: Exposure) -> Iterator[Diagnostic]:
    """Report exported services that no one of a peer may call, by the declared default, and those
    that everyone there may call because nothing says otherwise.
    """
    for here, entry in exposure.entries.items():
        cluster = drafts.cluster_set.clusters.get(here)
        default = cluster.default_intention if cluster is not None else None
        if default is None:
            continue
        everywhere = _Said.of(drafts.get("service_intentions", here, WILDCARD))
        for number, item in maps(get(entry.body, "Services")):
            service = get(item, "Name")
            if isinstance(service, str) and service != WILDCARD:
                said = everywhere.and_of(drafts.get("service_intentions", here, service))
                peers = exposure.consumers(here, service)
                place = entry.place_of("Services", number)
                yield from _decided(place, f"{here}: {{{service}: ", service, default, said, peers)


@dataclass(frozen=True, slots=True)
class _Said:
    """The peers that intentions of one destination are about, and those of whom someone is allowed."""

    named: frozenset[object] = frozenset()
    allowed: frozenset[object] = frozenset()

    @classmethod
    def of(cls, draft: Draft | None) -> _Said:
        sources = [source for _, source in maps(get(draft.body, "Sources"))] if draft is not None else []
        named = frozenset(get(source, "Peer") for source in sources)
        return cls(named, frozenset(get(source, "Peer") for source in sources if _allows(source)))

    def and_of(self, draft: Draft | None) -> _Said:
        """Return this together with what the intentions of a destination say."""
        own = _Said.of(draft)
        return _Said(self.named | own.named, self.allowed | own.allowed)


def _decided(
    place: Place, key: str, service: str, default: str, said: _Said, peers: list[str]
) -> Iterator[Diagnostic]:
    for peer in peers:
        if default == "deny" and peer not in said.allowed:
            summary = f'"{service}" is exported to {peer}, and no intention lets anyone there call it'
            hint = f"add  intentions: {{{key}[{{from: …@…, action: allow}}]}}}}"
            yield place.problem("export-without-intention", summary, hint, warning=True)
        elif default == "allow" and peer not in said.named:
            summary = f'everyone of {peer} may call the exported "{service}": no intention is about that peer'
            hint = 'say who may, and end with  {from: "*@*", action: deny}'
            yield place.problem("exported-and-open", summary, hint, warning=True)


def intentions_at_the_dialer(drafts: Drafts) -> Iterator[Diagnostic]:
    """Report a deny for a name that only leads to a peer: the peer's own intentions decide there."""
    for resolver in drafts:
        if resolver.address.type != "service_resolver":
            continue
        ways = destinations(resolver)
        peer = next((way.peer for way in ways if way.redirect and way.peer is not None), None)
        draft = drafts.by_address.get(replace(resolver.address, type="service_intentions"))
        if peer is None or draft is None:
            continue
        if any(get(source, "Action") == "deny" for _, source in maps(get(draft.body, "Sources"))):
            summary = (
                f'"{draft.address.name}" is redirected to {peer}, whose intentions decide about its callers'
            )
            hint = "deny it there; here it holds for transparent proxies only"
            yield draft.key.problem("intention-at-dialer", summary, hint, warning=True)
