"""Pairs of valid configurations from a seed, and what becomes of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from tests.transitions.configurations.changing import Changes
from tests.transitions.configurations.drawing import Draw
from tests.transitions.configurations.flavours import Flavour
from tests.transitions.judging import Judge, Valid

TRIES = 40


@dataclass(frozen=True, slots=True)
class Pair:
    """A configuration, the next one, and what kind of change that is."""

    seed: int
    kind: str
    before: Valid
    after: Valid


def pair(seed: int, flavour: Flavour, judge: Judge) -> Pair:
    """The pair of a seed: the same for the same flavour."""
    rng = random.Random(f"{flavour.name}/{seed}")
    draw, changes = Draw(rng, flavour), Changes(rng, flavour)
    while True:
        before = judge.valid(draw.config())
        if before is None:
            continue
        kind = changes.kind()
        for _ in range(TRIES):
            after = judge.valid(changes.changed(before.config, kind))
            if after is not None and after.text != before.text:
                return Pair(seed, kind, before, after)


def judge(flavour: Flavour, folder: Path) -> Judge:
    """A judge with a folder of its own within this one."""
    place = folder / f"judge-{flavour.name}"
    place.mkdir(exist_ok=True)
    return Judge(flavour, place)
