"""Rebuilding between random valid configurations: the state is deleted, and the next plan is empty again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler import app
from tests.support.virtual import virtual_time
from tests.transitions.configurations.flavours import flavour
from tests.transitions.configurations.pairs import judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.lab import TrialLab
from tests.transitions.trial import CLOCK, steps

pytestmark = pytest.mark.long

EACH = 2
FIRST = 7300
SEEDS = [(version, seed) for version in ("1.20", "1.14", "1.20+ent") for seed in range(FIRST, FIRST + EACH)]


@pytest.mark.parametrize(("version", "seed"), SEEDS)
async def test_a_rebuilt_state_has_nothing_to_do(version: str, seed: int, tmp_path: Path) -> None:
    kind = flavour(version)
    one = pair(seed, kind, judge(kind, tmp_path)).before
    (tmp_path / "room").mkdir()
    room = TrialLab(kind, tmp_path / "room", None, CLOCK)
    with virtual_time(CLOCK), quick():
        room.declare(one.text)
        assert not (await room.apply()).problems
        recorded = (await app.show_state(room.options())).resources
        writes = room.count
        shutil.rmtree(room.folder / "state")

        found = await app.rebuild_state(room.options())

        assert (found.left, found.unknown, room.count) == ((), (), writes)
        assert {*found.declared} == {*recorded}
        plan = await room.plan()
        assert (steps(plan), plan.has_changes, plan.deferred) == ([], False, ())
        now = (await app.show_state(room.options())).resources
        assert {address: entry.body for address, entry in now.items()} == {
            address: entry.body for address, entry in recorded.items()
        }
