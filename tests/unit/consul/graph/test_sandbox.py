"""The model beside the sandbox, which is held to real servers: every write is taken by both or by neither.

GRAPH_SEEDS sets how many seeds a version gets, GRAPH_FIRST where they begin; a difference names its seed.
"""

from __future__ import annotations

import os

from tests.support.tables import each
from tests.unit.consul.graph.more import More
from tests.unit.consul.graph.support import VERSIONS, Pair

SEEDS = int(os.environ.get("GRAPH_SEEDS", "3"))
FIRST = int(os.environ.get("GRAPH_FIRST", "0"))
WRITES = 120


@each("seed", range(FIRST, FIRST + SEEDS))
@each("version", VERSIONS)
def test_a_write_is_taken_by_both_or_by_neither(version: str, seed: int) -> None:
    pair = Pair(version)
    found = [f"seed {seed}: {text}" for step in More(seed).writes(WRITES) if (text := pair.take(step))]
    assert not found


def test_most_random_writes_are_worth_a_look() -> None:
    pair, refused = Pair("1.20"), 0
    for step in More(0).writes(WRITES):
        refused += pair.refuses(step)
        pair.take(step)
    assert refused > WRITES // 10
