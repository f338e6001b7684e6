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


BLOWS = (Blow(12), Blow(20, answered=True), Blow(15, signal.SIGTERM))


def test_a_killed_or_interrupted_apply_is_gone_on_from(somewhere: Ground) -> None:
    for blow in BLOWS:
        assert somewhere.struck(blow), "it made fewer requests"
        somewhere.recovers(gentle=blow.signal != signal.SIGKILL)
    somewhere.lab.run("plan", "--detailed-exitcode").expect(0)
    somewhere.lab.run("state", "verify").expect(0)


def test_a_stopped_apply_whose_lock_was_freed_writes_nothing_more(somewhere: Ground) -> None:
    ended = somewhere.overtaken(15)
    assert ended is not None, "it made fewer requests"
    ended.expect(LOCKED, "lock")
    somewhere.recovers()
