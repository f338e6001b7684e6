"""Splits of splits whose header rules would crash every server: checked against what exists and what will.

Servers judge each write by what exists at that moment, so a splitter that changes counts as it was and as it
will be. The list of splitters of each place that gets one is needed, which the plan has read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.checks import Finding, Planned
from reconciler.sdk.consul.split_headers import HINT, RULE, Split, lethal_path
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.server.listing import ListKey

_KIND = "service_splitter"


async def header_findings(context: CheckContext) -> list[tuple[Address, Finding]]:
    """Return the splitters that must not be written."""
    places: dict[ListKey, list[Planned]] = {}
    for item in context.planned:
        if item.address.type == _KIND:
            places.setdefault(ListKey.of(item.address), []).append(item)
    busy = {place: items for place, items in places.items() if any(map(_writes, items))}
    found = await asyncio.gather(*(_of_place(context, place, items) for place, items in busy.items()))
    return [finding for findings in found for finding in findings]


def _writes(item: Planned) -> bool:
    return item.step is not None and item.step.after is not None


async def _of_place(
    context: CheckContext, place: ListKey, items: Iterable[Planned]
) -> list[tuple[Address, Finding]]:
    splitters: dict[str, list[Split]] = {}
    for name, body in (await context.entries(place)).items():  # a plan for what cannot be read is not made
        splitters.setdefault(name, []).extend(_splits(name, body))
    written = [item for item in items if _writes(item)]
    for item in written:
        name = item.address.name.lower()
        splitters.setdefault(name, []).extend(_splits(name, item.step.after if item.step else None))
    out = []
    for item in written:
        path = next((p for name in splitters if (p := lethal_path(name, splitters)) and _in(item, p)), ())
        if path:
            out.append((item.address, _finding(path)))
    return out


def _splits(name: str, body: Mapping[str, Any] | None) -> list[Split]:
    return [_split(name, split) for split in (body or {}).get("Splits") or () if isinstance(split, Mapping)]


def _split(name: str, split: Mapping[str, Any]) -> Split:
    target = str(split.get("Service") or name).lower()
    leads = "" if target == name or split.get("ServiceSubset") else target
    request, response = (_rules(split.get(f"{way}Headers")) for way in ("Request", "Response"))
    return Split(leads, request, response)


def _rules(headers: object) -> frozenset[str]:
    return (
        frozenset(n for n, value in headers.items() if value) if isinstance(headers, Mapping) else frozenset()
    )


def _in(item: Planned, path: tuple[str, ...]) -> bool:
    return item.address.name.lower() in path


def _finding(path: tuple[str, ...]) -> Finding:
    way = " -> ".join(path)
    message = f"the header rules of these splitters, one behind the other, would crash every server: {way}"
    return Finding(RULE, message, f"{HINT}; where one level loses its rules, apply that first")
