"""A part of the random pairs: `make transitions` runs many more, and docs/transitions.md has the numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transitions.configurations.flavours import flavour
from tests.transitions.configurations.pairs import judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.trial import Tally, tried

EACH = 8  # pairs of one version
FIRST = 7000


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EACH))
@pytest.mark.parametrize("version", ["1.20", "1.14", "1.20+ent"])
async def test_a_pair_needs_one_apply_each_way(version: str, seed: int, tmp_path: Path) -> None:
    kind = flavour(version)
    one = pair(seed, kind, judge(kind, tmp_path))
    with quick():
        findings = await tried(kind, one.before, one.after, seed, Tally(), tmp_path, targets=True)
    assert not findings, f"python -m tests.transitions --pairs 1 --seed {seed} --versions {version}"
