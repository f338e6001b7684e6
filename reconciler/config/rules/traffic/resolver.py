"""Rules for service-resolvers: what Consul's config_entry_discoverychain.go refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps, path_of
from reconciler.config.rules.traffic.filters import filter_problems
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

_DURATION = re.compile(r"\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)\Z")
_NOT_WITH_PEER = ("ServiceSubset", "Datacenter", "Partition")


def resolver_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report contradictions within one resolver, and subsets that do not exist."""
    redirect, failover = get(draft.body, "Redirect"), get(draft.body, "Failover")
    if redirect and failover:
        hint = "Consul takes one of the two"
        place = draft.place_of("Failover")
        yield place.problem("redirect-and-failover", "a resolver has both Redirect and Failover", hint)
    for name in ("ConnectTimeout", "RequestTimeout"):
        yield from duration_problems(draft.body, name, draft.key)
    if draft.raw:
        yield from _default_subset(draft)
        yield from _redirect(redirect, draft)
        yield from _failovers(failover, draft)
        yield from filter_problems(draft)


def _default_subset(draft: Draft) -> Iterator[Diagnostic]:
    """Consul: `DefaultSubset "x" is not a valid subset`."""
    name, subsets = get(draft.body, "DefaultSubset"), get(draft.body, "Subsets")
    if name and name not in (subsets if isinstance(subsets, Mapping) else ()):
        hint = "declare it under Subsets"
        yield draft.place_of("DefaultSubset").problem(
            "unknown-subset", f'"{name}" is not a subset here', hint
        )


def _redirect(redirect: object, draft: Draft) -> Iterator[Diagnostic]:
    if not isinstance(redirect, Mapping):
        return
    place = draft.place.inner(*path_of(draft.body, "Redirect"))
    if get(redirect, "Peer") and not get(redirect, "Service"):
        summary = "a redirect to a peer needs a Service"
        yield place.problem("bad-value", summary, f"add Service: {draft.address.name}")
    yield from _target(redirect, place, "a redirect")


def _failovers(failover: object, draft: Draft) -> Iterator[Diagnostic]:
    if not isinstance(failover, Mapping):
        return
    subsets = get(draft.body, "Subsets")
    known = subsets if isinstance(subsets, Mapping) else {}
    for key, entry in failover.items():
        base = (*path_of(draft.body, "Failover"), key)
        if key != "*" and key not in known:
            hint = 'use "*", or declare the subset under Subsets'
            yield draft.place.key(*base).problem("unknown-subset", f'"{key}" is not a subset here', hint)
        for number, target in maps(get(entry, "Targets")):
            place = draft.place.inner(*base, *path_of(entry, "Targets", number))
            yield from _target(target, place, "a failover target")


def _target(target: Mapping[str, Any], place: Place, what: str) -> Iterator[Diagnostic]:
    for name in _NOT_WITH_PEER:
        if get(target, "Peer") and get(target, name):
            hint = f"remove {name}; the exporting cluster chooses"
            yield place.problem("bad-value", f"{what} has Peer or {name}, not both", hint)


def duration_problems(body: object, name: str, place: Place) -> Iterator[Diagnostic]:
    """Report a duration that is neither Go text with a unit nor nanoseconds."""
    value = get(body, name)
    if isinstance(value, str) and not _DURATION.match(value):
        summary = f'{name}: "{value}" is not a duration'
        yield place.problem("bad-duration", summary, "a number with a unit, as in 500ms, 10s, 1m30s")
