"""Rules: checks of everything declared, shorthand and raw alike, each a function yielding diagnostics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reconciler.config.drafts.draft import Draft, GenericDraft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.exposure import Exposure
from reconciler.config.drafts.links import Links
from reconciler.config.rules.entries import entry_problems, export_problems
from reconciler.config.rules.gateway_mode import gateway_problems
from reconciler.config.rules.intentions import intention_problems
from reconciler.config.rules.mistaken import mistaken_names
from reconciler.config.rules.peering import peering_problems
from reconciler.config.rules.peers import peer_problems, uncovered_denies, unexported_targets
from reconciler.config.rules.places import place_problems
from reconciler.config.rules.traffic.api_gateways import route_problems
from reconciler.config.rules.traffic.chain import chain_problems
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
        specific = _BY_TYPE.get(draft.address.type)
        if specific is not None:
            yield from specific(draft, drafts, links)
        yield from mistaken_names(draft, drafts)
        yield from chain_problems(draft, drafts)
        yield from lost_peers(draft, drafts, links)
        yield from peer_problems(draft, links)
        yield from gateway_problems(draft, links)
        yield from place_problems(draft, drafts, links)
    yield from header_problems(drafts)
    if not incomplete:
        exposure = Exposure(drafts, links)
        yield from unexported_targets(drafts, links, exposure)
        yield from uncovered_denies(drafts, exposure)
        yield from transitive_exports(drafts, exposure)
