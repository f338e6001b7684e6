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


def test_a_killed_or_interrupted_apply_is_gone_on_from(somewhere: Ground) -> None:
    third = somewhere.length() // 3
    for blow in (Blow(third), Blow(2 * third, answered=True), Blow(2 * third, signal.SIGTERM)):
        assert somewhere.struck(blow), "it made fewer requests"
        somewhere.recovers(gentle=blow.signal != signal.SIGKILL)
    somewhere.lab.run("plan", "--detailed-exitcode").expect(0)
    somewhere.lab.run("state", "verify").expect(0)
    somewhere.lab.run("audit", "verify").expect(0)


@pytest.mark.parametrize("somewhere", ["local", "consul (sandbox)", "http"], indirect=True)
def test_a_stopped_apply_whose_lock_was_freed_writes_nothing_more(somewhere: Ground) -> None:
    length = somewhere.length()
    codes = set()
    for number in (length // 2, length * 2 // 3):
        ended = somewhere.overtaken(number)
        assert ended is not None, "it made fewer requests"
        codes.add(ended.code)
        somewhere.recovers()
    assert LOCKED in codes, "it was stopped before it had the lock"
