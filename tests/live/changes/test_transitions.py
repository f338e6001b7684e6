"""Configurations on real servers: to the first, to the second, back, and all of it away.

Each of these is one apply, and nothing is left to do after it. The pairs are those of
tests/cases/transitions and random ones: TRANSITION_SEEDS sets how many a version gets, TRANSITION_FIRST where
they begin. A problem names its seed; `python -m tests.transitions --pairs 1 --seed N --versions V` plays the
pair on the sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.plan import Mode
from tests.live.changes.transit import Field, flavour_of
from tests.live.conftest import chosen_versions, running
from tests.support import yaml_files
from tests.support.agents import Agent
from tests.transitions.configurations.pairs import judge, pair
from tests.transitions.judging import Valid
from tests.transitions.trial import mode_of, steps

pytestmark = [pytest.mark.live, pytest.mark.row("transitions")]
SEEDS = int(os.environ.get("TRANSITION_SEEDS", "3"))
FIRST = int(os.environ.get("TRANSITION_FIRST", "500"))
VERSIONS = chosen_versions() or ["none"]
CASES = sorted((Path(__file__).parents[2] / "cases" / "transitions").glob("*.yaml"))


@pytest.fixture(scope="module")
def servers(version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Agent]]:
    """Three clusters of one version, for all pairs."""
    yield from running(version, 3, tmp_path_factory.mktemp("transitions"), acl=False)


@pytest.fixture
def field(servers: list[Agent], tmp_path: Path) -> Iterator[Field]:
    """The servers with nothing on them, and nothing is left there."""
    (tmp_path / "configuration").mkdir()
    made = Field(servers, tmp_path / "configuration")
    try:
        yield made
    finally:
        made.clear()


def walk(field: Field, before: Valid, after: Valid) -> None:
    """To the first configuration, to the second, back, and away; stops at what does not go as promised."""
    legs = {"create": before, "change": after, "undo": before}
    for leg, goal in legs.items():
        if not field.goes(leg, goal.text, mode_of(goal)):
            return
    if field.goes("destroy", before.text, Mode.DESTROY):
        field.problems += [f"left: {path}" for path in field.left()]


@pytest.mark.parametrize("version", VERSIONS, scope="module")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_one_configuration_is_applied_after_another_and_the_first_again(
    version: str, seed: int, servers: list[Agent], field: Field, tmp_path: Path
) -> None:
    flavour = flavour_of(version, servers)
    one = pair(seed, flavour, judge(flavour, tmp_path))

    walk(field, one.before, one.after)

    assert not field.problems, "\n".join([f"seed {seed}, {one.kind}", *field.problems])


@pytest.mark.parametrize("version", VERSIONS, scope="module")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_ends_on_real_servers_as_in_the_sandbox(
    version: str, path: Path, servers: list[Agent], field: Field, tmp_path: Path
) -> None:
    case, flavour = yaml_files.read(path.read_text()), flavour_of(version, servers)
    asks = judge(flavour, tmp_path)
    before, after = (asks.valid({"clusters": flavour.clusters, **(case[n] or {})}) for n in ("from", "to"))
    if before is None or after is None:
        pytest.skip(f"not for Consul {version}")

    walk(field, before, after)

    assert not field.problems, "\n".join(field.problems)
    if version == str(case.get("version", "1.20")):
        assert steps(field.plans["change"]) == case["steps"]
