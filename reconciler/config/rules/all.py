"""Rules: checks of everything declared, shorthand and raw alike, each a function yielding diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.config.drafts.draft import Draft, GenericDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.exposure import Exposure
from reconciler.config.drafts.links import Links
from reconciler.config.rules.defaults import default_problems, unexported_overrides
from reconciler.config.rules.entries import entry_problems, export_problems
from reconciler.config.rules.gateway_mode import gateway_problems
from reconciler.config.rules.intentions import intention_problems
from reconciler.config.rules.mistaken import mistaken_names
from reconciler.config.rules.naming import letter_case, misleading_peer_names
from reconciler.config.rules.peering import peering_problems
from reconciler.config.rules.peers import peer_problems, uncovered_denies, unexported_targets
from reconciler.config.rules.places import place_problems
from reconciler.config.rules.reach import exported_to_nobody, intentions_at_the_dialer, unexported_sources
from reconciler.config.rules.size import size_problems
from reconciler.config.rules.tokens import unknown_providers
from reconciler.config.rules.traffic.api_gateways import route_problems
from reconciler.config.rules.traffic.chain import chain_problems
from reconciler.config.rules.traffic.exported import exported_chains
from reconciler.config.rules.traffic.headers import header_problems
from reconciler.config.rules.traffic.lost_peers import lost_peers
from reconciler.config.rules.traffic.resolver import resolver_problems
from reconciler.config.rules.traffic.splitting import router_problems, splitter_problems
from reconciler.config.rules.transit import transitive_exports
from reconciler.model.diagnostic import Diagnostic

_BY_TYPE: dict[str, Callable[[Draft, Drafts, Links], Iterator[Diagnostic]]] = {
    "peering": peering_problems,
    "exported_services": export_problems,
    "service_intentions": intention_problems,
    "service_resolver": resolver_problems,
    "service_splitter": splitter_problems,
    "service_router": router_problems,
    "config_entry": route_problems,
}


def check(drafts: Drafts, links: Links, incomplete: frozenset[str]) -> Iterator[Diagnostic]:
    """Yield every problem of the drafts. `incomplete`: sections of which something could not be read."""
    for draft in drafts:
        if isinstance(draft, GenericDraft):  # what Consul does with its own types says nothing about these
            continue
        yield from entry_problems(draft)
        yield from size_problems(draft)
        specific = _BY_TYPE.get(draft.address.type)
        if specific is not None:
            yield from specific(draft, drafts, links)
        yield from mistaken_names(draft, drafts)
        yield from chain_problems(draft, drafts)
        yield from lost_peers(draft, drafts, links)
        yield from peer_problems(draft, links)
        yield from gateway_problems(draft, links)
        yield from default_problems(draft, drafts)
        yield from place_problems(draft, drafts, links)
    yield from header_problems(drafts)
    if not incomplete:
        exposure = Exposure(drafts, links)
        yield from unexported_targets(drafts, links, exposure)
        yield from uncovered_denies(drafts, exposure)
        yield from transitive_exports(drafts, exposure)
        yield from _across(drafts, links, exposure)


def _across(drafts: Drafts, links: Links, exposure: Exposure) -> Iterator[Diagnostic]:
    """Yield what entries of several kinds say together: only where all of them could be read."""
    yield from exported_chains(drafts, exposure)
    yield from unexported_sources(drafts, links, exposure)
    yield from exported_to_nobody(drafts, exposure)
    yield from intentions_at_the_dialer(drafts)
    yield from unexported_overrides(drafts, links, exposure)
    yield from misleading_peer_names(drafts, links)
    yield from letter_case(drafts)
    yield from unknown_providers(drafts)
