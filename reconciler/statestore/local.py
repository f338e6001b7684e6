"""State in a directory of the local file system (POSIX: it needs `flock`).

    state.json          the snapshot: always one complete version, replaced by renaming
    state.journal       what happened since, one line each; gone after a commit
    state.lock          held while a run may write
    generations/        the last snapshots, `000041.json` by serial

The file calls inside the coroutines block: they are short, and nothing else may happen before they are done.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from reconciler import __version__
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.statestore.failures import writing
from reconciler.statestore.files import Files
from reconciler.statestore.folder import Folder
from reconciler.statestore.ledger import Ledger
from reconciler.statestore.lock import FileLock, LockInfo
from reconciler.statestore.medium import LocalMedium
from reconciler.statestore.recovery import GENERATIONS, JOURNAL, STATE, Found, generation_name, look
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
            lock = await FileLock.take(folder, self._owner(operation, info), self._lock_timeout)
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

    def _owner(self, operation: str, info: str) -> LockInfo:
        import uuid

        return LockInfo(
            id=str(uuid.uuid4()),
            operation=operation,
            info=info,
            who=f"{_user()}@{os.uname().nodename}",
            pid=os.getpid(),
            version=__version__,
            created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._now())),
            path=str(self._path / STATE),
        )


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


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return str(os.geteuid())
