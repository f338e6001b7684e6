"""Rules for all entries (names, Meta), and for exported services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.clusters.names import service_problem
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps, path_of
from reconciler.config.fields.metadata import meta_problems
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic


def entry_problems(draft: Draft) -> Iterator[Diagnostic]:
    """Check what every entry must fulfil."""
    yield from _look_alikes(draft)
    if draft.address.type == "service_defaults" and draft.address.name == "*":
        hint = "use proxy-defaults for all services"
        yield draft.key.problem("bad-name", "service defaults are for one service, not *", hint)
    meta = get(draft.body, "Meta")
    if isinstance(meta, Mapping) and draft.address.type != "peering":
        place = draft.place.inner(*path_of(draft.body, "Meta")) if draft.raw else draft.place.inner("meta")
        yield from meta_problems(meta, place, peering=False)


def _look_alikes(draft: Draft) -> Iterator[Diagnostic]:
    """Report letters beyond ASCII, which a reviewer may take for others."""
    found = [(draft.address.name, draft.key)]
    for field in ("Services", "Sources"):
        for number, item in maps(get(draft.body, field)):
            name = get(item, "Name")
            if isinstance(name, str) and not name.isascii():
                found.append((name, draft.place_of(field, number)))
    for name, place in found:
        if not name.isascii():
            hint = "Consul's DNS takes a-z, 0-9 and - only"
            summary = f"the name {name!a} has letters that look like others"
            yield place.problem("non-ascii-name", summary, hint, warning=True)


def export_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report services that are never exported, listed twice, or hidden by a wildcard."""
    first: dict[tuple[str, object], Place] = {}
    services = maps(get(draft.body, "Services"))
    for number, service in services:
        place = draft.place_of("Services", number)
        name = get(service, "Name")
        problem = service_problem(name) if isinstance(name, str) else "the service has no Name"
        if problem is not None:
            yield place.problem("bad-name", problem, "as in {Name: api, Consumers: [{Peer: dc2}]}")
            continue
        if name == "consul":
            # agent/consul/state/peering.go; GH-21624
            hint = "remove it: it has no effect"
            yield place.problem("consul-export", 'the service "consul" is never exported', hint, warning=True)
        key = (str(name).lower(), get(service, "Namespace"))
        if key in first:
            related = ((first[key].position, "first here"),)
            hint = "merge the two: proxies look at one of them only"
            summary = f'"{name}" is listed twice'
            yield place.problem("duplicate", summary, hint, related=related)
        first.setdefault(key, place)
        yield from _consumers(draft, number, service)
    if draft.raw:
        yield from _hidden(draft, services)


def _consumers(draft: Draft, number: int, service: Mapping[str, Any]) -> Iterator[Diagnostic]:
    consumers = maps(get(service, "Consumers"))
    if draft.raw and not consumers:
        summary = f'"{get(service, "Name")}" has no consumers'
        yield draft.place_of("Services", number).problem(
            "no-consumers", summary, "Consul refuses an empty list"
        )
    for position, consumer in consumers:
        yield from _consumer(draft, consumer, draft.place_of("Services", number, "Consumers", position))
        if get(consumer, "Peer") == "*":
            path = ("Services", number, "Consumers", position, "Peer")
            hint = "list the peers; the `exports` section takes groups"
            summary = "Consul does not export to all peers at once"
            yield draft.place_of(*path).problem("wildcard-peer", summary, hint)


def _consumer(draft: Draft, consumer: Mapping[str, Any], place: Place) -> Iterator[Diagnostic]:
    """Report a consumer that names no peer, which Consul takes, or more than one thing, which it refuses."""
    named = [name for name in ("Peer", "Partition", "SamenessGroup") if get(consumer, name)]
    if draft.raw and len(named) != 1:
        what = f"both {' and '.join(named)}" if named else "neither a Peer nor anything else"
        hint = "one item for each: {Peer: dc2}"
        yield place.problem("bad-consumer", f"a consumer names {what}", hint)


def _hidden(draft: Draft, services: list[tuple[int, Mapping[str, Any]]]) -> Iterator[Diagnostic]:
    """Report an exact item, which hides `*` from the service's proxies: tcp requests of the wildcard's peers
    fail.
    """
    peers = {str(get(service, "Name")): (number, _peers(service)) for number, service in services}
    _, everywhere = peers.pop("*", (0, set()))
    peers.pop("consul", None)  # never exported anyway
    for name, (number, own) in peers.items():
        lost = sorted(everywhere - own)
        if lost:
            place = draft.place_of("Services", number)
            summary = f'"{name}" is taken out of "*": {", ".join(lost)} cannot reach it over tcp'
            hint = "repeat the consumers of * here; the `exports` section does so for you"
            yield place.problem("hidden-wildcard", summary, hint, warning=True)


def _peers(service: Mapping[str, Any]) -> set[str]:
    found = (get(consumer, "Peer") for _, consumer in maps(get(service, "Consumers")))
    return {peer for peer in found if isinstance(peer, str)}
