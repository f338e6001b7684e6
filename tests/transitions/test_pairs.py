"""A part of the random pairs: `make transitions` runs many more, and docs/transitions.md has the numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transitions.configurations.flavours import flavour
from tests.transitions.configurations.pairs import judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.parts import Part, part_of
from tests.transitions.trial import Tally, tried

pytestmark = pytest.mark.long

EACH = 2  # pairs of one version
FIRST = 7000
PAIRS = [(version, seed) for version in ("1.20", "1.14", "1.20+ent") for seed in range(FIRST, FIRST + EACH)]
# Pairs that once needed a second apply, opened access in between, or had no plan at all.
FOUND = [
    ("1.14", 500078),
    ("1.14", 500384),
    ("1.14", 900623),
    ("1.14", 900908),
    ("1.16", 100118),
    ("1.16", 300054),
    ("1.16", 920113),
    ("1.16", 971604),
    ("1.14", 920679),
    ("1.20+ent", 920598),
    ("1.20+ent", 930356),
    ("1.18", 500023),
    ("1.18", 900508),
    ("1.18", 961387),
    ("1.20", 500248),
    ("1.20", 900498),
    ("1.20", 990027),
    ("1.20", 920086),
    ("1.22", 900410),
    ("1.22", 930384),
    ("1.22", 1000186),
    ("1.20+ent", 300002),
    ("1.20+ent", 500196),
    ("1.20+ent", 900934),
    ("1.20+ent", 1101616),
]
IN_PART = [  # done in part as their seeds say
    ("1.20+ent", 1400103),
    ("1.20+ent", 1440119),
    ("1.20", 1400213),
    ("1.14", 1420205),
]
WHOLE = [("1.20+ent", 500046)]  # found in the whole change; its parts take ten times as long as any other's


@pytest.mark.parametrize(("version", "seed"), [*PAIRS, *FOUND, *IN_PART, *WHOLE])
async def test_a_pair_needs_one_apply_each_way(version: str, seed: int, tmp_path: Path) -> None:
    kind = flavour(version)
    one = pair(seed, kind, judge(kind, tmp_path))
    with quick():
        part = (
            None if (version, seed) in WHOLE else Part.TARGET if (version, seed) in FOUND else part_of(seed)
        )
        findings = await tried(kind, one.before, one.after, seed, Tally(), tmp_path, part=part)
    assert not findings, f"python -m tests.transitions --pairs 1 --seed {seed} --versions {version}"
