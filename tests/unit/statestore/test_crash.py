"""Real processes, killed with SIGKILL while they write: nothing acknowledged is lost, no lock stays."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Recorded
from reconciler.statestore.audit.reading import breaks, entries
from reconciler.statestore.factory import open_store
from reconciler.statestore.local.files import Files
from reconciler.statestore.local.store import LocalStore
from reconciler.statestore.ports import StateStore
from tests.support.patience import LIMIT
from tests.support.virtual import Clock
from tests.unit.statestore import crash_writer
from tests.unit.statestore.samples import PEERING, Model

KILLS = 24
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["__main__", "tests.unit.statestore.crash_writer", "reconciler.statestore.local.store", "asyncio"]
)


def start(target: Callable[..., None], *arguments: Any) -> tuple[BaseProcess, Connection]:
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=target, args=(*arguments, sender), daemon=True)
    process.start()
    sender.close()
    return process, receiver


def kill(process: BaseProcess) -> None:
    process.kill()
    process.join(LIMIT)
    assert process.exitcode == -9, "the writer ended by itself"
    process.close()


def reached(receiver: Connection, number: int) -> None:
    """Wait until a writer acknowledges this number."""
    while receiver.poll(LIMIT):
        if int.from_bytes(receiver.recv_bytes(), "big") >= number:
            return
    raise AssertionError(f"the writer does not reach {number}")


def acknowledged(receiver: Connection, last: int) -> int:
    """The last number that came through whole."""
    try:
        while True:
            last = int.from_bytes(receiver.recv_bytes(), "big")
    except EOFError:
        receiver.close()
        return last


async def audit_is_whole(store: StateStore) -> None:
    """Each run that was killed is in the audit log, closed by the next one; each snapshot's line is there."""
    kept = {str(one.serial): one.saved.audit for one in await store.history() if one.saved}
    log = await store.audit()
    assert breaks(log, {name: one for name, one in kept.items() if one is not None}) == []
    outcomes = [one.outcome for one in entries(log.lines)]
    assert outcomes, "there is no log"
    assert None not in outcomes[:-1]


async def test_everything_acknowledged_survives_sigkill_at_any_moment(where: Path) -> None:
    chance = random.Random(20)
    model, number, survived_midway, recovered = Model(), 0, 0, 0
    for _ in range(KILLS):
        process, receiver = start(crash_writer.write, where, number)
        seen = number + chance.randrange(12)
        reached(receiver, seen)
        kill(process)
        last = acknowledged(receiver, seen)
        while number <= last:
            model.step(*crash_writer.step(number))
            number += 1
        state = await open_store(where).read()
        recovered += (where / "state.journal").exists()
        if not model.holds(state):  # the step under way may have landed, unacknowledged; nothing else may
            model.step(*crash_writer.step(number))
            number += 1
            survived_midway += 1
        assert model.holds(state)
    assert recovered > KILLS // 4, "hardly any kill left a journal behind"
    await audit_is_whole(open_store(where))


async def test_the_lock_of_another_process_names_it_and_dies_with_it(where: Path) -> None:
    process, receiver = start(crash_writer.hold, where)
    assert receiver.recv_bytes() == b"held"
    with pytest.raises(Failure) as caught:
        await open_store(where).open("apply")
    assert caught.value.cause is Cause.STATE_LOCKED
    assert f"Pid:       {process.pid}" in caught.value.detail.replace("PID:", "Pid:")
    assert "Info:      to be killed" in caught.value.detail
    kill(process)
    receiver.close()
    session = await open_store(where).open("apply")
    assert PEERING in session.state.resources
    await session.close()


async def test_waiting_for_the_lock(where: Path) -> None:
    process, receiver = start(crash_writer.hold, where)
    assert receiver.recv_bytes() == b"held"
    waiting = asyncio.create_task(open_store(where, lock_timeout=LIMIT).open("apply"))
    await asyncio.sleep(0.15)
    assert not waiting.done()
    kill(process)
    receiver.close()
    await (await waiting).close()


async def test_waiting_ends_with_the_timeout(where: Path, clock: Clock) -> None:
    session = await open_store(where).open("apply")
    began = clock()
    with pytest.raises(Failure) as caught:
        await open_store(where, lock_timeout=30.0).open("destroy")
    assert caught.value.cause is Cause.STATE_LOCKED
    assert clock() - began == pytest.approx(30.0)
    await session.close()


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_lock_file_that_was_taken_away_stops_the_run(where: Path, replaced: bool) -> None:
    from tests.unit.statestore.samples import INTENTIONS, recorded

    session = await open_store(where).open("apply")
    await session.applied(recorded())
    (where / "state.lock").unlink()
    other = await open_store(where).open("apply") if replaced else None
    for _ in range(2):
        with pytest.raises(Failure, match="was removed or replaced") as caught:
            await session.applied(recorded(INTENTIONS))
        assert caught.value.cause is Cause.STATE_LOCKED
        with pytest.raises(Failure):
            await session.commit()
    await session.close()
    if other is not None:
        await other.commit()
        await other.close()
    assert list((await open_store(where).read()).resources) == [PEERING]


async def test_a_lock_on_a_file_that_was_just_replaced_does_not_count(where: Path) -> None:
    class Replaced(Files):
        times = 1

        def lock(self, fd: int) -> None:
            if self.times:
                self.times -= 1
                (where / "state.lock").unlink()
                (where / "state.lock").touch(0o600)
            super().lock(fd)

    with pytest.raises(Failure, match="locked"):
        await LocalStore(where, files=Replaced()).open("apply")
    session = await LocalStore(where, files=Replaced(), lock_timeout=LIMIT).open("apply")
    with pytest.raises(Failure, match="locked"):
        await open_store(where).open("destroy")
    await session.close()


async def test_a_released_lock_names_nobody(where: Path) -> None:
    session = await open_store(where).open("apply")
    assert b"apply" in (where / "state.lock").read_bytes()
    await session.close()
    assert (where / "state.lock").read_bytes() == b""


@pytest.mark.parametrize("commits", [1, 2])
async def test_a_reader_that_is_overtaken_by_commits_reads_again(where: Path, commits: int) -> None:
    session = await open_store(where).open("apply")
    await session.applied(Recorded(PEERING, {}, "consul"))
    journal = (where / "state.journal").read_bytes()
    await session.commit()
    for version in range(1, commits):
        await session.applied(Recorded(PEERING, {}, "consul", version=version))
        await session.commit()
    await session.close()
    (where / "state.journal").write_bytes(journal)

    class Overtaken(Files):
        def open(self, name: str, flags: int, folder: int) -> int:
            fd = super().open(name, flags, folder)
            if name == "state.journal":
                (where / name).unlink()  # as the commits do, once the reader has it open
            return fd

    assert (await LocalStore(where, files=Overtaken()).read()).serial == commits


async def test_readers_beside_a_writer_always_see_a_whole_state(where: Path) -> None:
    process, receiver = start(crash_writer.write, where, 0)
    serials = [0]
    while serials[-1] <= 10 or len(serials) < 100:
        while receiver.poll():
            receiver.recv_bytes()
        serials.append((await open_store(where).read()).serial)
        assert process.is_alive()
    kill(process)
    receiver.close()
    assert serials == sorted(serials)
