"""A state on a server that several machines use: read without a lock, written by one run at a time."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from reconciler.model.auditing.origin import Origin, unknown
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Check, Generation, State
from reconciler.statestore.audit.reading import AuditLog
from reconciler.statestore.audit.scribe import Scribe
from reconciler.statestore.holder import LockInfo, another_holds, not_locked, this_run
from reconciler.statestore.ledger import Ledger
from reconciler.statestore.ports import LeftOver
from reconciler.statestore.session import JournaledSession
from reconciler.statestore.shared import looking
from reconciler.statestore.shared.auditing import read_log
from reconciler.statestore.shared.failures import NOTHING_TO_FREE, locked, not_reached, unreachable
from reconciler.statestore.shared.head import Head
from reconciler.statestore.shared.keeping import Kept
from reconciler.statestore.shared.lease import awake_or_not
from reconciler.statestore.shared.medium import SharedMedium
from reconciler.statestore.shared.merging import Merged, left, merged
from reconciler.statestore.shared.ports import Backend, Unsure
from reconciler.statestore.shared.reading import Found, look, look_at_damaged
from reconciler.statestore.shared.rescue import Rescue
from reconciler.statestore.shared.writing import HeadWriter, answered, fence

See = Callable[[Backend], Awaitable[Found | None]]
_REPEATS = 2  # how often a head is read again that was replaced meanwhile
_POLL = 1.0  # seconds between two looks at a lock that is held


class SharedStore:
    """Implements `StateStore` on a backend: `connect` gives one for each use, which is closed after it.

    `place` says to people where that is. `lock_timeout` is how many seconds to wait for another run's lock.
    `keep` generations are kept. `rescue` is the local directory for what cannot be recorded. `now` (seconds
    since the epoch), `origin` (where the run comes from) and `clock` (seconds that only grow, also while the
    process is stopped or the machine sleeps) are the outside world.
    """

    def __init__(
        self,
        place: str,
        connect: Callable[[], Backend],
        *,
        rescue: Path,
        lock_timeout: float = 0.0,
        keep: int = 10,
        now: Callable[[], float] = time.time,
        origin: Callable[[], Origin] = unknown,
        clock: Callable[[], float] = awake_or_not,
    ) -> None:
        self.place = place
        self._connect = connect
        self._rescue = rescue
        self._lock_timeout = lock_timeout
        self._keep = keep
        self._now = now
        self._origin = origin
        self._clock = clock

    async def read(self) -> State:
        """Return what is recorded now; takes no lock and writes nothing."""
        async with self._backend() as backend:
            found = await look(backend)
            return found.state if found is not None else State()

    async def history(self) -> Sequence[Generation]:
        """Return the kept snapshots, newest first."""
        async with self._backend() as backend:
            return await looking.history(backend)

    async def generation(self, serial: int) -> State:
        """Return a kept snapshot, or the one that counts now."""
        async with self._backend() as backend:
            return await looking.generation(backend, serial)

    async def verify(self) -> Sequence[Check]:
        """Read every document, and say what is wrong with it."""
        async with self._backend() as backend:
            return await looking.verify(backend)

    async def audit(self) -> AuditLog:
        """Return the audit log."""
        async with self._backend() as backend:
            return await read_log(backend)

    async def holder(self) -> LockInfo | None:
        """Return who holds the lock."""
        async with self._backend() as backend:
            return await _holder(backend)

    async def seen_holder(self) -> LockInfo | None:
        """Return who holds the lock, unless the server can only be asked for the lock itself."""
        async with self._backend() as backend:
            return None if backend.asks_by_locking else await _holder(backend)

    def left_over(self, state: State) -> Sequence[LeftOver]:
        """Return the files of runs that could not record what they did."""
        found = left(self._rescue, state.lineage) if state.lineage else ()
        return [LeftOver(one.path, len(one.journal.entries)) for one in found]

    async def force_unlock(self, run_id: str) -> LockInfo:
        """Free the lock of the run with this ID. It stops at its next step, where it is alive at all."""
        async with self._backend() as backend:
            holder = await _holder(backend)
            if holder is None:
                raise not_locked(NOTHING_TO_FREE)
            if holder.id != run_id or not await _broken(backend, run_id):
                raise another_holds(holder, run_id)
            await fence(backend)
            return holder

    async def clear(self) -> None:
        """Remove all documents of a State that was moved away, the head last."""
        async with self._backend() as backend:
            await looking.clear(backend)

    async def open(self, operation: str, info: str = "") -> JournaledSession:
        """Take the lock, recover the journal, and replace the head: from now on no other run can write it."""
        return (await self._opened(operation, info))[0]

    async def open_damaged(self, operation: str) -> JournaledSession:
        """Do the same where what is recorded cannot be read."""
        return (await self._opened(operation, "", see=look_at_damaged))[0]

    async def recover(self, operation: str) -> Merged:
        """Record what earlier runs on this machine did and could not record, although others wrote since."""
        session, merged = await self._opened(operation, "", overtaken=True)
        try:
            await session.commit()
        finally:
            await session.close()
        return merged

    async def _opened(
        self, operation: str, info: str, *, overtaken: bool = False, see: See = look
    ) -> tuple[JournaledSession, Merged]:
        backend = self._connect()
        run = this_run(operation, info, backend.place, self._now())
        try:
            await self._lock(backend, run)
        except BaseException:
            await _give_up(backend)
            raise
        lock = Kept(backend, self._clock)
        try:
            lock.start()
            found, writer = await _claimed_as_it_is(backend, run, lock, see)
            return await self._session(backend, run, lock, found, writer, overtaken=overtaken)
        except BaseException:
            await lock.stop()
            await _give_up(backend)
            raise

    @asynccontextmanager
    async def _backend(self) -> AsyncIterator[Backend]:
        """Connect for as long as something is read."""
        backend = self._connect()
        try:
            yield backend
        finally:
            await backend.close()

    async def _lock(self, backend: Backend, run: LockInfo) -> None:
        """Take the lock, trying for the lock timeout. Raises `Failure(STATE_LOCKED)` with its holder."""
        until = self._clock() + self._lock_timeout
        while (holder := await _try(backend, run)) is not None:
            remaining = until - self._clock()
            if remaining <= 0:
                raise locked(backend.place, holder)
            await asyncio.sleep(min(_POLL, remaining))

    async def _session(
        self,
        backend: Backend,
        run: LockInfo,
        lock: Kept,
        found: Found | None,
        writer: HeadWriter,
        *,
        overtaken: bool,
    ) -> tuple[JournaledSession, Merged]:
        journal = found.journal if found is not None else None
        rescue = Rescue(self._rescue, run.id)
        medium = SharedMedium(backend, writer, journal, lock, rescue, self._keep)
        empty = State(writer.head.lineage)
        left, snapshot = Merged(empty), empty
        if found is not None:
            left, snapshot = await merged(self._rescue, found, medium, overtaken=overtaken), found.snapshot
        scribe = Scribe(run, medium.trail, self._origin, self._now)
        session = JournaledSession(medium, Ledger(snapshot, left.state), scribe)
        await session.close_unfinished()
        return session, left


async def _claimed_as_it_is(
    backend: Backend, run: LockInfo, lock: Kept, see: See
) -> tuple[Found | None, HeadWriter]:
    """Read the state with `see`, and write the head in this run's name.

    The last write of a run whose lock expired may come in between: then both are done again.
    """
    for _ in range(_REPEATS):
        found = await see(backend)
        try:
            return found, await _claimed(backend, run, found)
        except Failure as failure:
            if failure.cause is not Cause.STATE_LOCKED:
                raise
            await lock.check()
    found = await see(backend)
    return found, await _claimed(backend, run, found)


async def _claimed(backend: Backend, run: LockInfo, found: Found | None) -> HeadWriter:
    """Write the head in this run's name; proves that writing works. Raises `Failure`."""
    if found is None:
        writer = HeadWriter(backend, Head(str(uuid.uuid4()), run.id), None)
        await writer.write(writer.head)
        return writer
    writer = HeadWriter(backend, found.head, found.version)
    await writer.write(found.head.opened_by(run.id))
    return writer


async def _try(backend: Backend, run: LockInfo) -> LockInfo | None:
    try:
        return await answered(lambda: _asked(backend, run))
    except Unsure as error:
        raise not_reached(backend.place, str(error)) from error


async def _asked(backend: Backend, run: LockInfo) -> LockInfo | None:
    """Ask for the lock. Waits for the answer also where the caller is cancelled: the lock is given back."""
    asking = asyncio.ensure_future(backend.lock(run))
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        await asyncio.wait([asking])
        raise


async def _holder(backend: Backend) -> LockInfo | None:
    try:
        return await backend.holder()
    except Unsure as error:
        raise not_reached(backend.place, str(error)) from error


async def _broken(backend: Backend, run_id: str) -> bool:
    try:
        return await backend.break_lock(run_id)
    except Unsure as error:
        raise unreachable(backend.place, str(error)) from error


async def _give_up(backend: Backend) -> None:
    """Free a lock after a failure, which is the one to be shown."""
    try:
        await backend.unlock()
    except (Failure, Unsure):
        pass
    finally:
        await backend.close()
