"""Some pairs of which plans say what they do to access: `python -m tests.transitions.saying` has more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transitions.configurations.pairs import judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.saying.lab import with_default
from tests.transitions.saying.many import compared

pytestmark = pytest.mark.long

# 4, 8: a service that only the change names; an exported wildcard. 114: a redirect of an exported tcp
# service. 2: a split that is refused on both sides. 1.22, 4: a peer gets another name. 108:
# entries that are away for a while; one that only changes the way of paths that others close.
PAIRS = [("1.20", "allow", seed) for seed in (2, 4, 8, 114)]
PAIRS += [
    ("1.22", "allow", 2),
    ("1.22", "deny", 2),
    ("1.22", "deny", 4),
    ("1.22", "deny", 108),
    ("1.20", "deny", 108),
    ("1.20", "deny", 1),
    ("1.16", "allow", 310),
]


@pytest.mark.parametrize(("version", "default", "seed"), PAIRS)
async def test_a_plan_says_what_differs(version: str, default: str, seed: int, tmp_path: Path) -> None:
    kind = with_default(version, default)
    with quick():
        found, _ = await compared(kind, pair(seed, kind, judge(kind, tmp_path)), tmp_path)
    assert found == [], f"python -m tests.transitions.saying --versions {version} --seed {seed}"
