"""The ways to do a part of a change: what a run is narrowed to, and what such a run must not do."""

from __future__ import annotations

import random
from collections.abc import Collection
from enum import StrEnum

from reconciler.model.plan import Selection
from tests.transitions.computed.access import REQUESTS, Call, less
from tests.transitions.judging import Entries
from tests.transitions.lab import Ran


class Part(StrEnum):
    """How a run is narrowed; the value is the leg's name."""

    TARGET = "target"
    EXCLUDE = "exclude"
    NO_DELETE = "no-delete"
    ONLY_SAFE = "only-safe"


Shown = Collection[tuple[str, str, str]]
SAID = "allow"
OTHERS = (Part.EXCLUDE, Part.NO_DELETE, Part.ONLY_SAFE)


def part_of(seed: int) -> Part:
    """The way in which the pair of a seed is done in part."""
    return Part.TARGET if seed % 2 == 0 else OTHERS[seed // 2 % len(OTHERS)]


def selection(part: Part, whole: list[str], rng: random.Random) -> Selection:
    """What the run is narrowed to, of a plan with actions on these objects."""
    if part is Part.NO_DELETE:
        return Selection(no_delete=True)
    if part is Part.ONLY_SAFE:
        return Selection(only_safe=True)
    chosen = tuple(rng.sample(whole, rng.randint(1, min(2, len(whole)))))
    return Selection(targets=chosen) if part is Part.TARGET else Selection(excludes=chosen)


def said(selected: Selection) -> str:
    """The options of the command for it."""
    words = [
        *(f"--target {one}" for one in selected.targets),
        *(f"--exclude {one}" for one in selected.excludes),
    ]
    words += ["--no-delete"] * selected.no_delete + ["--only-safe"] * selected.only_safe
    return " ".join(words)


def broken(part: Part, ran: Ran, before: Entries, after: Entries, shown: Shown) -> list[str]:
    """What the run did that it must never do: an entry that is gone, or access that is."""
    if part is Part.NO_DELETE:
        return [f"{key} is gone" for key in sorted(set(before) - set(after))]
    return taken(ran, after, shown) if part is Part.ONLY_SAFE else []


def taken(ran: Ran, after: Entries, shown: Shown) -> list[str]:
    """The calls that were possible at the start, and after some write of the run were not.

    Servers of these trials say that their default is to allow: what only another default would need is not
    kept, nor are requests without a token, for which Consul asks nobody there. Who dials a name that
    redirects gets an answer from elsewhere; so does who calls from a peer and is led to a service by another
    name: only what is exported by its own name (`shown`, at the start) is that caller's to lose.
    """
    return [
        f"{call} after {line}"
        for line, allowed, _ in ran.between
        for call in less(allowed, ran.start)
        if call.default == SAID
        and not redirects(after, call)
        and (call.caller == call.cluster or (call.caller, call.cluster, call.service) in shown)
        and lost_for_all_tokens(ran.start[call] & ~allowed.get(call, 0))
    ]


def redirects(entries: Entries, call: Call) -> bool:
    """Whether the name of the service that is called leads elsewhere, and never to the service."""
    resolver = entries.get((call.cluster, "service-resolver", call.service)) or {}
    splitter = entries.get((call.cluster, "service-splitter", call.service)) or {}
    legs = [leg.get("Service") or call.service for leg in splitter.get("Splits") or ()]
    return bool(resolver.get("Redirect")) or (bool(legs) and call.service not in legs)


def lost_for_all_tokens(lost: int) -> bool:
    """Whether requests of one path and method are lost with every token, and with none."""
    kinds: dict[tuple[str, str], int] = {}
    for bit, (path, method, _) in enumerate(REQUESTS):
        kinds[path, method] = kinds.get((path, method), 0) + (lost >> bit & 1)
    return len(REQUESTS) // len(kinds) in kinds.values()
