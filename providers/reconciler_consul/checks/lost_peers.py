"""Redirects to a peer's service that end at a local resolver that is not declared here.

For a redirect to a peer's service, servers also read the local resolver of that name; its `Redirect` or
`DefaultSubset` replaces the peer (seen on 1.14, 1.16, 1.20 and 1.22). Where both resolvers are declared,
`validate` says so. The list of resolvers of each place that gets one is needed, which the plan has read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned
from reconciler.sdk.provider import Body
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.kinds.names import folded
from reconciler_consul.server.listing import ListKey

RULE = "lost-peer"
_TYPE = "service_resolver"
_HINT = "keep subsets and redirects of the local service under another name"


async def lost_peers(context: CheckContext) -> list[tuple[Address, Finding]]:
    """Return a remark for each resolver of the plan that loses a peer, or makes another one lose it."""
    places: dict[ListKey, list[Planned]] = {}
    for item in context.planned:
        if item.address.type == _TYPE:
            places.setdefault(ListKey.of(item.address), []).append(item)
    busy = {place: items for place, items in places.items() if any(map(_matters, items))}
    found = await asyncio.gather(*(_at(context, place, items) for place, items in busy.items()))
    return [finding for findings in found for finding in findings]


def _matters(item: Planned) -> bool:
    after = _written(item)
    return after is not None and (_away(item.address.name, after) is not None or _drops(after) is not None)


def _written(item: Planned) -> Body | None:
    return item.step.after if item.step is not None else None


async def _at(context: CheckContext, place: ListKey, items: list[Planned]) -> list[tuple[Address, Finding]]:
    ours = {folded(item.address.name) for item in items}
    others = {name: body for name, body in (await context.entries(place)).items() if name not in ours}
    found = []
    for item in items:
        if (after := _written(item)) is not None:
            found += [(item.address, finding) for finding in _of(item.address, after, others)]
    return found


def _of(address: Address, after: Body, others: Mapping[str, Body]) -> Iterator[Finding]:
    way = _away(address.name, after)
    if way is not None and (field := _drops(others.get(way[0]), way)) is not None:
        yield _finding(f"this redirect to {way[0]} of peer {way[1]}", field, way[0])
    for name, body in others.items():
        led = _away(name, body)
        if led is not None and led[0] == folded(address.name) and (field := _drops(after, led)) is not None:
            yield _finding(f'the redirect of "{name}" to {led[0]} of peer {led[1]}', field, led[0])


def _finding(which: str, field: str, name: str) -> Finding:
    message = (
        f'{which} does not reach the peer: the {field} of the local service-resolver "{name}" replaces it'
    )
    return Finding(RULE, message, _HINT, blocks=False)


def _away(name: str, body: Body) -> tuple[str, str] | None:
    """Return the service, in lower case, and the peer that a resolver redirects to, or `None`."""
    redirect: Any = body.get("Redirect")
    if not isinstance(redirect, Mapping) or not redirect.get("Peer"):
        return None
    return folded(str(redirect.get("Service") or name)), str(redirect["Peer"])


def _drops(body: Body | None, way: tuple[str, str] | None = None) -> str | None:
    """Return the field of a local resolver that replaces the peer of a way to its name, or `None`."""
    redirect = (body or {}).get("Redirect")
    if body is not None and isinstance(redirect, Mapping) and redirect and not redirect.get("SamenessGroup"):
        return None if way is not None and _away(way[0], body) == way else "Redirect"
    return "DefaultSubset" if body and body.get("DefaultSubset") else None
