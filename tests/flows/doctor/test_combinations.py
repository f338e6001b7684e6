"""Several faults at the same time: all of them are found, and nothing else is claimed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.flows.doctor.test_faults import FAULTS, Case
from tests.flows.doctor.ward import healthy
from tests.support.lab import Lab


def drawn(seed: int) -> list[Case]:
    """Two or three faults that are not done to the same thing."""
    chance = random.Random(seed)
    chosen: list[Case] = []
    touched: set[str] = set()
    for case in chance.sample(FAULTS, len(FAULTS)):
        if not touched & {*case.touches.split()} and len(chosen) < 2 + seed % 2:
            chosen.append(case)
            touched |= {*case.touches.split()}
    return chosen


async def check(seed: int, folder: Path) -> None:
    """Provoke the faults, and compare what is found with what each of them shows alone."""
    cases = drawn(seed)
    ward = await healthy(Lab(folder, 3))
    for case in cases:
        case.fault(ward)
    found = await ward.look()
    names = [case.name for case in cases]
    expected = [rule for case in cases for rule in case.rules]
    assert sorted(one.rule for one in found.findings) == sorted(expected), names
    follow = {one.rule for root in found.findings for one in root.consequences}
    assert follow == {rule for case in cases for rule in case.follow}, names


@pytest.mark.parametrize("seed", range(8))
async def test_two_or_three_faults_are_found_and_nothing_else(seed: int, tmp_path: Path) -> None:
    await check(seed, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
async def test_many_combinations_of_faults(seed: int, tmp_path: Path) -> None:
    await check(seed, tmp_path)
