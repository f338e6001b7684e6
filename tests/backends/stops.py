"""Writers that are stopped (SIGSTOP) for longer than their lock lasts, and go on (SIGCONT) without it.

A writer is stopped at any moment, also in the middle of a write. Another takes the lock as soon as it can:
after it expired, or by `force-unlock` where locks do not expire. Then the first goes on, and writes nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest.mock import patch

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Recorded
from reconciler.model.state_place import HttpPlace, LocalPlace, StatePlace
from reconciler.sdk.address import Address
from reconciler.statestore.backends.objects.backend import ObjectBackend
from reconciler.statestore.backends.postgres.backend import PostgresBackend
from reconciler.statestore.factory import open_store
from reconciler.statestore.ports import Session
from tests.backends.kills import Campaign
from tests.support.patience import LIMIT
from tests.unit.statestore import crash_writer
from tests.unit.statestore.test_crash import reached, start

STAY = (LocalPlace, HttpPlace)  # places whose locks do not expire
OTHER = Address("service_intentions", "dc1", "of-the-other-run")


@dataclass
class Stops:
    """What was counted. `expired` locks were free by themselves, the others were broken."""

    stops: int = 0
    expired: int = 0
    kept: int = 0  # runs that left what they could not record in a local file


def write_until_lost(
    place: StatePlace,
    root: Path,
    environ: Mapping[str, str],
    lasts: float | None,
    number: int,
    acknowledge: Connection,
) -> None:
    """Write as `crash_writer.write_shared` does, and send the failure that ends it.

    `lasts` seconds is how long a lock is held that is not renewed, where a client says that.
    """
    with short_locks(lasts):
        try:
            crash_writer.write_shared(place, root, environ, number, acknowledge)
        except Failure as failure:
            acknowledge.send_bytes(f"{failure.cause.name} {failure.summary}".encode())


@contextmanager
def short_locks(lasts: float | None) -> Iterator[None]:
    """Take locks that end after so many seconds without a renewal; `None`: those of the product."""
    if lasts is None:
        yield
        return
    with (
        patch.object(ObjectBackend.__init__, "__defaults__", (lasts,)),
        patch.object(PostgresBackend.__init__, "__defaults__", (lasts,)),
    ):
        yield


class StopCampaign(Campaign):
    """Stops one writer after another at a place, as `Campaign` kills them."""

    def __init__(
        self,
        place: StatePlace,
        root: Path,
        environ: Mapping[str, str],
        *,
        lasts: float | None = None,
        seed: int = 20,
        expire: Callable[[], None] = lambda: None,
    ) -> None:
        """`expire` is called once a writer is stopped: its lock may end sooner then."""
        super().__init__(place, root / "other", environ, seed)
        self._place, self._root, self._environ, self._lasts = place, root, environ, lasts
        self._expire = expire
        if isinstance(place, LocalPlace):
            self._place = LocalPlace(str(root / place.path))
        self._store = open_store(self._place, root=root / "other", environ=environ)
        self.stopped = Stops()

    async def stop(self, stops: int) -> Stops:
        """Stop so many writers. Raises `AssertionError` where one writes after its lock was another's."""
        for _ in range(stops):
            number = len(self._models) - 1
            writer = (self._place, self._root, dict(self._environ), self._lasts, number)
            process, receiver = start(write_until_lost, *writer)
            seen = number + self._chance.randrange(14)
            reached(receiver, seen)
            try:
                await self._stopped(process, receiver, number, seen)
            finally:
                process.kill()
                process.join(LIMIT)
        for check in await self._store.verify():
            assert check.problem is None, f"{check.part}: {check.problem}"
        return self.stopped

    async def _stopped(self, process: BaseProcess, receiver: Connection, number: int, seen: int) -> None:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        last = _so_far(receiver, seen)
        self._expire()
        session = await self._taken_over()
        self._take_steps(number, last + 1)
        at = self._reached(session.state, number)
        assert at > self._durable(number, last), f"steps {at} to {last} were acknowledged, and are lost"
        del self._models[at + 1 :]
        await session.applied(Recorded(OTHER, {}, "consul", version=1))
        theirs = await session.commit()
        os.kill(process.pid, signal.SIGCONT)
        await asyncio.to_thread(_refused, receiver)
        assert await self._store.read() == theirs, "the stopped run wrote to the state of another"
        await session.removed(OTHER)
        assert (await session.commit()).serial == theirs.serial + 1, "the other run goes on"
        await session.close()
        self.stopped.stops += 1
        self._count_left()

    async def _taken_over(self) -> Session:
        """Open the state in the stopped writer's place."""
        if not isinstance(self._place, STAY):
            store = open_store(
                self._place, root=self._root / "other", environ=self._environ, lock_timeout=180.0
            )
            self.stopped.expired += 1
            return await store.open("apply", "the other run")
        holder = await self._store.holder()
        if holder is not None:  # it was not stopped between two sessions
            with pytest.raises(Failure) as caught:
                await self._store.open("apply", "the other run")
            assert caught.value.cause is Cause.STATE_LOCKED
            await self._store.force_unlock(holder.id)
        return await self._store.open("apply", "the other run")

    def _count_left(self) -> None:
        """Count and remove the file of a run that lost its lock: another wrote since."""
        for path in (self._root / ".reconciler").glob("*.journal"):
            self.stopped.kept += 1
            path.unlink()


def _so_far(receiver: Connection, last: int) -> int:
    """Return the last number that a writer, which does not run, has acknowledged."""
    while receiver.poll():
        said = receiver.recv_bytes()
        assert len(said) == 4, said.decode()
        last = int.from_bytes(said, "big")
    return last


def _refused(receiver: Connection) -> None:
    """Wait for a writer's last words: it lost its lock."""
    while receiver.poll(LIMIT):
        said = receiver.recv_bytes()
        if len(said) > 4:
            assert said.startswith(Cause.STATE_LOCKED.name.encode()), said.decode()
            return
    raise AssertionError("the writer goes on without its lock")
