"""Applies whose disk is full from some moment on: what they did is recorded, and the next one goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.commands.campaign import KEPT, NOT_KEPT
from tests.backends.commands.ground import APPLY, LOCKED, Ground, ground, no_room
from tests.backends.everywhere import started

SIZE = 3 << 20  # bytes; an apply asks for 1 MiB before it begins


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Ground]:
    """A configuration whose state directory is a file system of its own, of a few megabytes."""
    with started("local", tmp_path / "server") as found, ground(*found, tmp_path / "work") as made:
        state = made.lab.folder / "state"
        state.mkdir(mode=0o700)
        mount = ("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(state))
        if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("this user may not mount file systems")
        try:
            yield made
        finally:
            subprocess.run(["umount", str(state)], check=True)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Ground]:
    with started("local", tmp_path / "server") as found, ground(*found, tmp_path / "work") as made:
        yield made


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Ground]:
    with started("consul (sandbox)", tmp_path / "server") as found, ground(*found, tmp_path / "work") as made:
        yield made


def test_a_disk_that_fills_up_during_an_apply_loses_nothing_of_what_was_done(small: Ground) -> None:
    state = small.lab.folder / "state"
    said = ""
    length = small.length()
    for number in (length // 6, length // 3, length * 2 // 3):
        ended = small.paused(number, lambda: fill(state))
        assert ended is not None, "it made fewer calls"
        assert "Traceback" not in ended.text, ended.text
        assert ended.code == 0 or "No space left on device" in ended.text, ended.text
        (state / "fill").unlink()
        small.agree()
        small.recovers()
        said += ended.text
    assert "Nothing is lost" in said, "no apply noticed it"
    small.lab.run("state", "verify").expect(0)


def fill(folder: Path) -> None:
    """Leave no byte free on this file system."""
    (folder / "fill").write_bytes(bytes(shutil.disk_usage(folder).free))


def test_a_limit_on_the_size_of_files_is_said_and_loses_nothing(local: Ground) -> None:
    codes = set()
    for room in (1000, 100_000):
        local.turn()
        ended = local.lab.end(local.lab.start(*APPLY, preexec_fn=lambda room=room: no_room(room)))
        assert "Traceback" not in ended.text, ended.text
        assert ended.code == 0 or "File too large" in ended.text, ended.text
        local.agree()
        local.recovers()
        codes.add(ended.code)
    assert codes == {0, 1}


def test_where_the_state_is_on_a_server_a_full_disk_matters_only_when_that_server_goes_away(
    shared: Ground,
) -> None:
    shared.turn()
    shared.lab.end(shared.lab.start(*APPLY, preexec_fn=no_room)).expect(0)
    shared.recovers()


@pytest.mark.parametrize("full", [False, True])
def test_what_neither_the_server_nor_the_disk_took_is_said(shared: Ground, full: bool) -> None:
    half = shared.length() // 2
    said = any(_is_said(shared, number, full=full) for number in (half, half + 3, half - 3))
    assert said, "no run had done anything that was not recorded"


def _is_said(shared: Ground, number: int, *, full: bool) -> bool:
    """Say whether a run whose server goes away at this request says what became of what it did. One that had
    recorded all it did, which depends on how fast the servers are, has nothing to say.
    """
    ended = shared.cut_off(number, full=full)
    assert ended is not None, "it made fewer requests"
    assert ended.code in (1, LOCKED), ended.text  # on a slow machine its lock may be over before it gives up
    assert (KEPT if full else NOT_KEPT) not in ended.text, ended.text
    said = (NOT_KEPT if full else KEPT) in ended.text
    if not said:
        shared.agree()
    shared.recovers()
    return said
