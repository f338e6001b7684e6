"""The ways to do a part of a change: what a run is narrowed to, and what such a run must not do."""

from __future__ import annotations

import random
from collections.abc import Collection
from enum import StrEnum

from reconciler.model.plan import Selection
from tests.transitions.access import less
from tests.transitions.judging import Entries
from tests.transitions.lab import Ran


class Part(StrEnum):
    """How a run is narrowed; the value is the leg's name."""

    TARGET = "target"
    EXCLUDE = "exclude"
    NO_DELETE = "no-delete"
    ONLY_SAFE = "only-safe"


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


def broken(part: Part, ran: Ran, before: Collection[str], after: Entries) -> list[str]:
    """What the run did that it must never do: an entry that is gone, or access that is."""
    if part is Part.NO_DELETE:
        return [f"{key} is gone" for key in sorted(set(before) - set(after))]
    return taken(ran) if part is Part.ONLY_SAFE else []


def taken(ran: Ran) -> list[str]:
    """The calls that were possible at the start, and after some write of the run were not."""
    return [f"{call} after {line}" for line, allowed, _ in ran.between for call in less(allowed, ran.start)]
