"""State in a directory of the local file system (POSIX: it needs `flock`).

    state.json          the snapshot: always one complete version, replaced by renaming
    state.journal       what happened since, one line each; gone after a commit
    state.lock          held while a run may write
    generations/        the last snapshots, `000041.json` by serial

The file calls inside the coroutines block: they are short, and nothing else may happen before they are done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.statestore.holder import this_run
from reconciler.statestore.ledger import Ledger
from reconciler.statestore.local.failures import writing
from reconciler.statestore.local.files import Files
from reconciler.statestore.local.folder import Folder
from reconciler.statestore.local.lock import FileLock
from reconciler.statestore.local.medium import LocalMedium
from reconciler.statestore.local.recovery import GENERATIONS, JOURNAL, STATE, Found, generation_name, look
from reconciler.statestore.session import JournaledSession

_SPARE = 1 << 20
_FILES_OF_A_RUN = 6  # lock, journal, snapshot, directory of generations, a generation, a temporary file


class LocalStore:
    """Implements `StateStore` in the directory `path`.

    `lock_timeout` is how many seconds to wait for another run's lock. `keep` generations are kept. `files`,
    `now` (seconds since the epoch) and `clock` (seconds that only grow) are the outside world.
    """

    def __init__(
        self,
        path: Path,
        *,
        lock_timeout: float = 0.0,
        keep: int = 10,
        files: Files | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._lock_timeout = lock_timeout
        self._keep = keep
        self._files = files or Files()
        self._now = now
        self._clock = clock

    async def read(self) -> State:
        """Return what is recorded now; takes no lock and writes nothing."""
        folder = Folder.find(self._path, self._files)
        if folder is None:
            return State()
        try:
            return look(folder).state
        finally:
            folder.close()

    async def open(self, operation: str, info: str = "") -> JournaledSession:
        """Take the lock, recover the journal, prove that writing works."""
        folder = Folder.make(self._path, self._files)
        try:
            lock = await FileLock.take(
                folder, this_run(operation, info, str(self._path / STATE), self._now()), self._lock_timeout
            )
        except BaseException:
            folder.close()
            raise
        try:
            return self._session(folder, lock)
        except BaseException:
            try:
                lock.release()
            finally:
                folder.close()
            raise

    def _session(self, folder: Folder, lock: FileLock) -> JournaledSession:
        found = look(folder)
        for name in (STATE, JOURNAL):
            folder.make_private(name)
        _check_space(folder, found)
        _check_commit(folder, found)
        if not found.state.lineage:
            found = _born(found)
        medium = LocalMedium(folder, lock, found, self._keep, self._clock)
        return JournaledSession(medium, Ledger(found.snapshot, found.state))


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
