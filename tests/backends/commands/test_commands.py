"""A few of the blows of `python -m tests.backends --commands`, on every server at hand."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.commands.ground import LOCKED, Blow, Ground, ground
from tests.backends.everywhere import params, started


@pytest.fixture(params=params())
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    with started(request.param, tmp_path / "server") as found, ground(*found, tmp_path / "work") as made:
        yield made


@pytest.mark.parametrize("answered", [False, True])
def test_a_killed_apply_is_gone_on_from(somewhere: Ground, answered: bool) -> None:
    for number in (17, 24) if answered else (12, 20):
        assert somewhere.struck(Blow(number, signal.SIGKILL, answered)), "it made fewer requests"
        somewhere.recovers()


def test_an_interrupted_apply_frees_its_lock(somewhere: Ground) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        assert somewhere.struck(Blow(15, number)), "it made fewer requests"
        somewhere.recovers(gentle=True)


def test_a_stopped_apply_whose_lock_was_freed_writes_nothing_more(somewhere: Ground) -> None:
    ended = somewhere.overtaken(15)
    assert ended is not None, "it made fewer requests"
    ended.expect(LOCKED, "lock")
    somewhere.recovers()
