"""A holder that is stopped beyond the end of its lock, and goes on: it writes nothing more."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.backends.consul.conftest import Place
from tests.backends.suite import run_info, taken


@contextmanager
def holder(place: Place) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "tests.backends.consul.holder", place.server.address, place.path]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert said(process) == "held"
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("write\n")
    process.stdin.flush()


async def test_a_stopped_holder_writes_nothing_more(expiring_place: Place) -> None:
    with holder(expiring_place) as process:
        tell(process)
        assert said(process) == "wrote"
        process.send_signal(signal.SIGSTOP)
        other = expiring_place.connect()
        await taken(other, run_info(2), tries=600)
        head = await other.get("head")
        assert head is not None
        tell(process)  # it is about to write
        process.send_signal(signal.SIGCONT)
        assert said(process) == "lost: its session does not hold the lock any more"
        assert await other.get("head") == head
        await other.replace("head", b"theirs", head.version)
        assert await other.holder() == run_info(2), "and it takes no lock away that is not its own"
        await other.unlock()


@pytest.mark.parametrize("how", ["killed", "ended"])
async def test_the_lock_of_a_process_that_is_gone_becomes_free(expiring_place: Place, how: str) -> None:
    with holder(expiring_place) as process:
        if how == "killed":
            process.kill()
        else:
            process.communicate("")
        other = expiring_place.connect()
        if how == "ended":
            assert await other.lock(run_info(2)) is None, "at once"
        await taken(other, run_info(2), tries=600)
        await other.unlock()
