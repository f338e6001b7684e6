"""State in a directory of the local file system (POSIX: it needs `flock`).

    state.json          the snapshot: always one complete version, replaced by renaming
    state.journal       what happened since, one line each; gone after a commit
    state.lock          held while a run may write
    audit.jsonl         who wrote what, one line each, and audit.last: which line is the last
    generations/        the last snapshots, `000041.json` by serial

The file calls inside the coroutines block: they are short, and nothing else may happen before they are done.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from reconciler.model.auditing.origin import Origin, unknown
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Check, Generation, State
from reconciler.statestore.audit.reading import AuditLog
from reconciler.statestore.audit.scribe import Scribe
from reconciler.statestore.holder import LockInfo, not_locked, this_run
from reconciler.statestore.ledger import Ledger
from reconciler.statestore.local import looking
from reconciler.statestore.local.audit import AUDIT, read_log
from reconciler.statestore.local.failures import writing
from reconciler.statestore.local.files import Files
from reconciler.statestore.local.folder import Folder
from reconciler.statestore.local.lock import FileLock
from reconciler.statestore.local.medium import LocalMedium
from reconciler.statestore.local.recovery import (
    GENERATIONS,
    JOURNAL,
    MOVED,
    STATE,
    Found,
    check_not_moved,
    generation_name,
    look,
)
from reconciler.statestore.ports import LeftOver
from reconciler.statestore.session import JournaledSession
from reconciler.statestore.text.kept import missing, not_moved

_SPARE = 1 << 20
_FILES_OF_A_RUN = 8  # lock, journal, snapshot, generations and one of them, the audit's two, a temporary file


class LocalStore:
    """Implements `StateStore` in the directory `path`.

    `lock_timeout` is how many seconds to wait for another run's lock. `keep` generations are kept. `files`,
    `now` (seconds since the epoch), `origin` (where the run comes from) and `clock` (seconds that only grow)
    are the outside world.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_timeout: float = 0.0,
        keep: int = 10,
        files: Files | None = None,
        now: Callable[[], float] = time.time,
        origin: Callable[[], Origin] = unknown,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._lock_timeout = lock_timeout
        self._keep = keep
        self._files = files or Files()
        self._now = now
        self._origin = origin
        self._clock = clock

    @property
    def place(self) -> str:
        """The directory's path."""
        return str(self._path)

    async def read(self) -> State:
        """Return what is recorded now; takes no lock and writes nothing."""
        with self._found() as folder:
            return State() if folder is None else look(folder).state

    async def history(self) -> Sequence[Generation]:
        """Return the kept snapshots, newest first."""
        with self._found() as folder:
            return [] if folder is None else looking.history(folder)

    async def generation(self, serial: int) -> State:
        """Return a kept snapshot, or the one that counts now."""
        with self._found() as folder:
            if folder is None:
                raise missing(serial, self.place)
            return looking.generation(folder, serial)

    async def verify(self) -> Sequence[Check]:
        """Read everything in the directory, and say what is wrong with it."""
        with self._found() as folder:
            return [] if folder is None else looking.verify(folder)

    async def audit(self) -> AuditLog:
        """Return the audit log."""
        with self._found() as folder:
            if folder is None:
                return AuditLog()
            check_not_moved(folder)
            return read_log(folder)

    async def holder(self) -> LockInfo | None:
        """Return who holds the lock. A run that died does not: the kernel freed its lock."""
        with self._found() as folder:
            return None if folder is None else FileLock.holder(folder)

    async def seen_holder(self) -> LockInfo | None:
        """Return who holds the lock."""
        return await self.holder()

    def left_over(self, state: State) -> Sequence[LeftOver]:
        """Return nothing: what a run did is in the journal, or nowhere."""
        return ()

    async def force_unlock(self, run_id: str) -> LockInfo:
        """Remove the file that this run has locked. It stops at its next step, where it is alive at all."""
        with self._found() as folder:
            if folder is None:
                raise not_locked()
            return FileLock.break_for(folder, run_id)

    async def clear(self) -> None:
        """Remove the generations that a State left which was moved away, and then the note of where it is."""
        with self._found() as folder:
            if folder is None or folder.read(MOVED) is None:
                raise not_moved(self.place)
            looking.clear(folder)

    async def open(self, operation: str, info: str = "") -> JournaledSession:
        """Take the lock, recover the journal, prove that writing works."""
        folder = Folder.make(self._path, self._files)
        run = this_run(operation, info, str(self._path / STATE), self._now())
        try:
            lock = await FileLock.take(folder, run, self._lock_timeout)
        except BaseException:
            folder.close()
            raise
        try:
            session = self._session(folder, lock, run)
            await session.close_unfinished()
            return session
        except BaseException:
            try:
                lock.release()
            finally:
                folder.close()
            raise

    async def open_damaged(self, operation: str) -> JournaledSession:
        """Open it: the failure of one that is damaged has the command that mends it."""
        return await self.open(operation)

    @contextmanager
    def _found(self) -> Iterator[Folder | None]:
        """Open the directory for reading; `None` where it does not exist."""
        folder = Folder.find(self._path, self._files)
        try:
            yield folder
        finally:
            if folder is not None:
                folder.close()

    def _session(self, folder: Folder, lock: FileLock, run: LockInfo) -> JournaledSession:
        found = look(folder)
        for name in (STATE, JOURNAL, AUDIT):
            folder.make_private(name)
        _check_space(folder, found)
        _check_commit(folder, found)
        if not found.state.lineage:
            found = _born(found)
        medium = LocalMedium(folder, lock, found, self._keep, self._clock)
        scribe = Scribe(run, medium.trail, self._origin, self._now)
        return JournaledSession(medium, Ledger(found.snapshot, found.state), scribe)


def _born(found: Found) -> Found:
    """Give a State that was never saved its lineage, in the first run that may write."""
    import uuid

    state = replace(found.state, lineage=str(uuid.uuid4()))
    return replace(found, snapshot=state, state=state)


def _check_space(folder: Folder, found: Found) -> None:
    """Check for space before anything is changed: a commit writes the snapshot twice, once as a
    generation.
    """
    needed = 2 * found.size + _SPARE
    with writing("look at", folder.path):
        free = folder.files.free(folder.fd)
        inodes = folder.files.free_inodes(folder.fd)
    if free is not None and free < needed:
        raise _full(folder, f"{free} bytes are free, {needed} may be needed")
    if inodes is not None and inodes < _FILES_OF_A_RUN:
        raise _full(folder, f"{inodes} inodes are free, {_FILES_OF_A_RUN} are needed")


def _full(folder: Folder, why: str) -> Failure:
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot write in {folder.path}: {why}",
        hint="Free some space on that file system, then run again.",
    )


def _check_commit(folder: Folder, found: Found) -> None:
    """Check that nothing is in the way of a commit, which writes the snapshot and a generation of it."""
    folder.prove(STATE)
    below = folder.below(GENERATIONS)
    if below is None:
        return
    try:
        below.prove(generation_name(found.snapshot.serial + 1))
    finally:
        below.close()
