"""Transitions as data: each file under tests/cases/transitions is two configurations and the steps between.

A case has `from` and `to` (without `clusters`: dc1, dc2 and dc3 are there), the `steps` of the plan in order,
and for some the steps back (`undo`). On the sandbox each goes through in one apply, and back again, and
leaves nothing to do.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import yaml_files
from tests.support.virtual import virtual_time
from tests.transitions.configurations.flavours import flavour
from tests.transitions.configurations.pairs import judge
from tests.transitions.judging import Valid
from tests.transitions.lab import TrialLab
from tests.transitions.trial import CLOCK, Tally, Trial, mode_of, steps

CASES = sorted((Path(__file__).parents[1] / "cases" / "transitions").glob("*.yaml"))


@pytest.fixture(autouse=True)
async def no_waiting() -> AsyncIterator[None]:
    """Waits take no time here."""
    with virtual_time(CLOCK):
        yield


class Case:
    """A case in a room of its own."""

    def __init__(self, path: Path, folder: Path, jitter: int | None = None) -> None:
        self.case: dict[str, Any] = yaml_files.read(path.read_text())
        self.flavour = flavour(str(self.case.get("version", "1.20")))
        self.judge = judge(self.flavour, folder)
        place = folder / "configuration"
        place.mkdir()
        self.room = TrialLab(self.flavour, place, random.Random(jitter) if jitter else None, CLOCK)

    def valid(self, name: str) -> Valid:
        """One of the two configurations."""
        found = self.judge.valid({"clusters": self.flavour.clusters, **(self.case[name] or {})})
        assert found is not None, f"{name} is not valid"
        return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_the_plan_has_these_steps_and_goes_through_in_one_apply(path: Path, tmp_path: Path) -> None:
    case = Case(path, tmp_path)
    first, second = case.valid("from"), case.valid("to")
    trial = Trial(case.room, first, second, Tally(), random.Random(1))
    assert await trial.goes("create", first), str(trial.findings)

    case.room.declare(second.text)
    plan = await case.room.plan()

    assert steps(plan) == case.case["steps"]
    assert await trial.goes("change", second), str(trial.findings[0])
    case.room.declare(first.text)
    if "undo" in case.case:
        assert steps(await case.room.plan(mode_of(first))) == case.case["undo"]
    assert await trial.goes("undo", first), str(trial.findings[0])
    assert await trial.goes("destroy", None), str(trial.findings[0])


@pytest.mark.long
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_a_run_that_is_ended_at_any_write_is_completed_by_the_next(path: Path, tmp_path: Path) -> None:
    case = Case(path, tmp_path, jitter=1)
    first, second = case.valid("from"), case.valid("to")
    trial = Trial(case.room, first, second, Tally(), random.Random(1))
    assert await trial.goes("create", first), str(trial.findings[0])
    assert await trial.killed(), str(trial.findings[0])
