"""Rules for intentions: what Consul's config_entry_intentions.go refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.clusters.names import service_problem
from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.drafts.protocols import HTTP, protocol
from reconciler.config.fields.lookup import get, maps
from reconciler.config.rules.permissions import evadable_denies, open_remainder, permission_order
from reconciler.config.rules.traffic.http import condition_problems
from reconciler.config.text.document import Mark, Place
from reconciler.model.diagnostic import Diagnostic

MAX_DESCRIPTION = 512
_ACTIONS = ("allow", "deny")


def intention_problems(draft: Draft, drafts: Drafts, links: Links) -> Iterator[Diagnostic]:
    """Report problems of one destination's sources."""
    sources = maps(get(draft.body, "Sources"))
    if draft.raw and not sources:
        hint = "list a source, or remove the entry to remove its intentions"
        yield draft.key.problem("no-sources", "an intention needs a source", hint)
    given = [get(source, "Permissions") for _, source in sources]
    if any(given):
        yield from _layer7(draft, drafts)
    seen: dict[tuple[object, ...], Place] = {}
    reported: set[Mark] = set()
    for (number, source), permitted in zip(sources, given, strict=True):
        place, action = draft.place_of("Sources", number), get(source, "Action")
        if permitted or action not in _ACTIONS:
            yield from _decision(action, permitted, place, draft.address.name)
        if draft.raw:
            yield from _raw_source(source, place, seen)
        description = get(source, "Description")
        if isinstance(description, str) and len(description.encode()) > MAX_DESCRIPTION:
            summary = f"the description has {len(description.encode())} bytes; Consul takes {MAX_DESCRIPTION}"
            yield place.problem("bad-value", summary, "shorten it")
        if permitted is None:
            continue
        permissions = maps(permitted)
        for position, permission in permissions:
            yield from _permission(permission, _permission_place(draft, place, number, position))
        if permissions and place.mark not in reported:  # a group stands for several sources
            reported.add(place.mark)
            yield from permission_order(permissions, place)
            yield from evadable_denies(permissions, place)
            yield from open_remainder(source, draft, drafts, links, place)


def _layer7(draft: Draft, drafts: Drafts) -> Iterator[Diagnostic]:
    """Report permissions of a service that does not speak HTTP: refused when written."""
    here, service = draft.address.cluster, draft.address.name
    if service == "*":
        return
    found = protocol(drafts, draft.address, service)
    if found not in HTTP:
        what = f'speaks "{found}"' if found else "has no declared protocol"
        hint = f"add  service_defaults: {{{here}: {{{service}: {{protocol: http}}}}}}  (or grpc, http2)"
        summary = f'"{service}" of {here} {what}; permissions need HTTP'
        yield draft.key.problem("no-protocol", summary, hint, warning=found is None)


def _permission_place(draft: Draft, place: Place, number: int, position: int) -> Place:
    if draft.raw:
        return draft.place_of("Sources", number, "Permissions", position)
    return place.inner("permissions", position)


def _decision(action: Any, permissions: Any, place: Place, destination: str) -> Iterator[Diagnostic]:
    """Report a source that has no decision, or two."""
    if action and permissions:
        hint = "keep `action` for all requests, or `permissions` for some"
        yield place.problem("action-and-permissions", "a source has action or permissions, not both", hint)
    elif not action and not permissions:
        hint = "as in action: allow"
        yield place.problem("no-action", "a source needs an action or permissions", hint)
    elif action and action not in _ACTIONS:
        yield place.problem("bad-value", f"expected allow or deny, found {action!r}")
    if permissions and destination == "*":
        hint = "name the services, or use `action`"
        summary = 'permissions cannot be given for the destination "*"'
        yield place.problem("wildcard-permissions", summary, hint)


def _raw_source(
    source: Mapping[str, Any], place: Place, seen: dict[tuple[object, ...], Place]
) -> Iterator[Diagnostic]:
    name, peer = get(source, "Name"), get(source, "Peer")
    problem = service_problem(name) if isinstance(name, str) else "the source has no Name"
    if problem is not None:
        yield place.problem("bad-name", problem, "as in {Name: web, Peer: dc2, Action: allow}")
    if isinstance(peer, str) and "*" in peer:
        hint = 'one source for each peer; from: "*@*" under `intentions` does so for you'
        yield place.problem("wildcard-peer", "a source cannot name all peers at once", hint)
    if peer and get(source, "Partition"):
        hint = "a peer is one partition of its cluster already: remove Partition"
        yield place.problem("peer-and-partition", "a source has a peer and a partition", hint)
    key = (
        str(name),
        peer or None,
        get(source, "Namespace"),
        get(source, "Partition"),
        get(source, "SamenessGroup"),
    )
    if key in seen:
        related = ((seen[key].position, "first here"),)
        yield place.problem("duplicate-source", f'the source "{name}" is listed twice', related=related)
    seen.setdefault(key, place)


def _permission(permission: Mapping[str, Any], place: Place) -> Iterator[Diagnostic]:
    http = get(permission, "HTTP")
    if not http:
        hint = "as in {action: allow, http: {path_prefix: /v1, methods: [GET]}}"
        yield place.problem("empty-permission", "a permission needs http conditions", hint)
        return
    yield from condition_problems(http, place)
