"""Rules for discovery chains: what Consul's graph validation refuses (live, 1.16 and 1.20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.config.drafts.destinations import Destination, destinations
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.protocols import protocol
from reconciler.config.fields.lookup import get
from reconciler.config.rules.mistaken import is_taken_for_a_service
from reconciler.model.diagnostic import Diagnostic

_DEFAULT = "tcp"
_HINT = "one chain has one protocol; Consul refuses the mixture"
_HINT_OF_A_SPLIT = (
    "Consul takes it, and callers of {own} would find the other protocol: declare the same for both"
)


def chain_problems(draft: Draft, drafts: Drafts) -> Iterator[Diagnostic]:
    """Report local destinations of another protocol, and subsets that their resolver does not have."""
    for destination in destinations(draft):
        names = (draft.address.name, destination.service)
        if any(is_taken_for_a_service(draft, name, drafts) for name in names):
            continue  # which is another problem
        if not destination.away and "@" not in destination.service:  # else: not understood, and reported
            yield from _protocols(draft, destination, drafts)
            if destination.subset is not None:
                yield from _subset(draft, destination, destination.subset, drafts)


def _protocols(draft: Draft, destination: Destination, drafts: Drafts) -> Iterator[Diagnostic]:
    here, own = draft.address.cluster, draft.address.name
    mine, other = (protocol(drafts, draft.address, name) for name in (own, destination.service))
    if (mine or _DEFAULT) == (other or _DEFAULT):
        return
    summary = (
        f'"{own}" speaks {mine or f"{_DEFAULT} (not declared)"}, '
        f'"{destination.service}" {other or f"{_DEFAULT} (not declared)"}'
    )
    missing = destination.service if other is None else own
    hint = f"add  service_defaults: {{{here}: {{{missing}: {{protocol: {mine or other}}}}}}}"
    guess = mine is None or other is None  # somebody else may declare it
    hint = hint if guess else _HINT if _counts(draft, drafts) else _HINT_OF_A_SPLIT.format(own=own)
    yield destination.place.problem("inconsistent-protocols", summary, hint, warning=guess)


def _counts(draft: Draft, drafts: Drafts) -> bool:
    """Say whether Consul refuses the mixture: not where a splitter leads everything to services of one other
    protocol, and no router is before it (seen on 1.18; so says the compiler of 1.14 to 1.22)."""
    own, address = draft.address.name, draft.address
    if (
        address.type != "service_splitter"
        or drafts.beside(address, "service_router", own) in drafts.by_address
    ):
        return True
    services = {one.service for one in destinations(draft) if not one.away}
    return own in services or len({protocol(drafts, address, service) for service in services}) > 1


def _subset(draft: Draft, destination: Destination, subset: str, drafts: Drafts) -> Iterator[Diagnostic]:
    service = destination.service
    resolver = drafts.by_address.get(drafts.beside(draft.address, "service_resolver", service))
    subsets = get(resolver.body, "Subsets") if resolver is not None else None
    if isinstance(subsets, Mapping) and subset in subsets:
        return
    known = f"the resolver of {service} has none of that name" if resolver else "no resolver is declared"
    hint = "declare it under Subsets of a service-resolver, in config_entries"
    summary = f'"{service}" has no subset "{subset}": {known}'
    yield destination.place.problem("unknown-subset", summary, hint, warning=resolver is None)
