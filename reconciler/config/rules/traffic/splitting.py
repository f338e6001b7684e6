"""Rules for splitters and routers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps
from reconciler.config.rules.traffic.http import condition_problems
from reconciler.config.rules.traffic.resolver import duration_problems
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

_CENT = Decimal("0.01")


def splitter_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report wrong weights, peers, and destinations listed twice."""
    splits = maps(get(draft.body, "Splits"))
    if not splits:
        yield draft.key.problem("bad-value", "no splits", "as in {api: 90, api@dc1: 10}")
        return
    total = sum((_weight(get(split, "Weight")) for _, split in splits), Decimal(0))
    if total != 100:
        summary = f"the weights add up to {total.normalize():f}, not 100"
        hint = "each is rounded to 0.01 before they are added"
        yield draft.key.problem("bad-weights", summary, hint)
    seen: dict[tuple[object, ...], Place] = {}
    for number, split in splits:
        place = draft.place_of("Splits", number)
        name = get(split, "Service") or draft.address.name
        scope = (get(split, "Namespace"), get(split, "Partition"), get(split, "Peer"))
        key = (name, get(split, "ServiceSubset"), *scope)
        if get(split, "Peer") is not None:
            yield _splitter_peer(draft, splits, place, links)
        elif key in seen:
            related = ((seen[key].position, "first here"),)
            yield place.problem("duplicate", f'"{name}" is listed twice', "add the weights", related=related)
        seen.setdefault(key, place)


def _weight(value: object) -> Decimal:
    """Return a weight as Consul adds it: rounded to 0.01."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return Decimal(0)
    try:
        return Decimal(str(value)).quantize(_CENT, ROUND_HALF_UP)
    except ArithmeticError:
        return Decimal(0)


def _splitter_peer(
    draft: Draft, splits: list[tuple[int, Mapping[str, Any]]], place: Place, links: Links
) -> Diagnostic:
    here = draft.address.cluster
    parts = ", ".join(f"{_reference(split, draft, links)}: {get(split, 'Weight')}" for _, split in splits)
    shorthand = f"splits: {{{here}: {{{draft.address.name}: {{{parts}}}}}}}"
    hint = f"write it as   {shorthand}   and the resolver is made for you"
    summary = "a splitter cannot send to a peer; Consul needs a resolver in between"
    return place.problem("splitter-peer", summary, hint)


def _reference(destination: Mapping[str, Any], draft: Draft, links: Links) -> str:
    service, peer = get(destination, "Service") or draft.address.name, get(destination, "Peer")
    if not peer:
        return str(service)
    found = links.named(draft.address.cluster, str(peer))
    return f"{service}@{found[0] if found is not None else peer}"


def router_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report wrong peers, conditions that exclude each other, and wrong durations."""
    for number, route in maps(get(draft.body, "Routes")):
        place = draft.place_of("Routes", number)
        destination = get(route, "Destination")
        if get(destination, "Peer") is not None:
            to = _reference(destination, draft, links)
            shorthand = f"routes: {{{draft.address.cluster}: {{{draft.address.name}: [{{…, to: {to}}}]}}}}"
            hint = f"write it as   {shorthand}   and the resolver is made for you"
            summary = "a router cannot send to a peer; Consul needs a resolver in between"
            yield place.problem("router-peer", summary, hint)
        http = get(get(route, "Match"), "HTTP")
        yield from condition_problems(http, place)
        if get(destination, "PrefixRewrite") and not (get(http, "PathExact") or get(http, "PathPrefix")):
            hint = "match with path_prefix or path_exact"
            yield place.problem("bad-value", "prefix_rewrite needs a path to match", hint)
        yield from _rewrite(get(http, "PathPrefix"), get(destination, "PrefixRewrite"), place)
        for name in ("RequestTimeout", "IdleTimeout"):
            yield from duration_problems(destination, name, place)


def _rewrite(prefix: object, rewrite: object, place: Place) -> Iterator[Diagnostic]:
    """Report a rewrite that doubles or loses a slash: only the matched text is replaced (seen with requests:
    /v2 rewritten to / makes //ok of /v2/ok, which no permission for /ok matches).
    """
    if not isinstance(prefix, str) or not isinstance(rewrite, str) or not prefix.startswith("/"):
        return
    if prefix != "/" and prefix.endswith("/") != rewrite.endswith("/"):
        rest = "api" if prefix.endswith("/") else "/api"
        summary = f"{prefix}{rest} becomes {rewrite}{rest}"
        hint = "let both the path and the rewrite end with /, or neither"
        yield place.problem("double-slash", summary, hint, warning=True)
