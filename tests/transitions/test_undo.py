"""Undo between random valid configurations: apply one, then another, go back: servers hold the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.plan import Selection
from tests.support.virtual import virtual_time
from tests.transitions.configurations.flavours import flavour
from tests.transitions.configurations.pairs import judge, pair
from tests.transitions.configurations.quick import quick
from tests.transitions.judging import Valid
from tests.transitions.lab import TrialLab
from tests.transitions.trial import CLOCK, mode_of, steps

pytestmark = pytest.mark.long

EACH = 2
FIRST = 7200
PAIRS = [(version, seed) for version in ("1.20", "1.14", "1.20+ent") for seed in range(FIRST, FIRST + EACH)]


async def goes(room: TrialLab, goal: Valid) -> None:
    room.declare(goal.text)
    ran = await room.apply(mode_of(goal))
    assert not ran.problems


@pytest.mark.parametrize(("version", "seed"), PAIRS)
async def test_undo_restores_what_was_applied_before(version: str, seed: int, tmp_path: Path) -> None:
    kind = flavour(version)
    one = pair(seed, kind, judge(kind, tmp_path))
    (tmp_path / "room").mkdir()
    room = TrialLab(kind, tmp_path / "room", None, CLOCK)
    with virtual_time(CLOCK), quick():
        await goes(room, one.before)
        peerings = room.peerings()
        await goes(room, one.after)
        if not one.before.desired.resources:
            return  # nothing was recorded then
        undone = await room.apply(selection=Selection(undo=1))
        assert (undone.problems, room.held(), room.peerings()) == ([], one.before.entries, peerings)

        forward = await room.plan(mode_of(one.after))
        if steps(undone.plan):
            assert any("the last apply was an undo" in text for text in forward.warnings) or not steps(
                forward
            )
        again = await room.apply(mode_of(one.after))
        assert (again.problems, room.held()) == ([], one.after.entries)
