"""The lock of a state directory: `flock` on a file beside the state, with the owner's name written in it.

A separate file, because the state file is replaced by renaming and a lock on it would be left behind. The
kernel frees the lock when its process ends, however it ends. The file itself is removed only to take the lock
from a run that cannot be ended: that one writes nothing more, because the file that it locked is gone.
"""

from __future__ import annotations

import asyncio
import os
import stat

from reconciler.model.failure import Cause, Failure
from reconciler.statestore.holder import LockInfo, another_holds, locked, not_locked
from reconciler.statestore.local.failures import unsafe, writing
from reconciler.statestore.local.folder import Folder, not_a_file

LOCK = "state.lock"
_POLL = 0.1


class FileLock:
    """A lock that is held. `check` before every write; `release` once."""

    def __init__(self, folder: Folder, fd: int) -> None:
        self._folder = folder
        self._fd = fd

    @classmethod
    async def take(cls, folder: Folder, info: LockInfo, timeout: float) -> FileLock:
        """Take the lock, trying for `timeout` seconds; `Failure(STATE_LOCKED)` shows its owner."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while (lock := cls._try(folder)) is None:
            remaining = deadline - loop.time()
            if remaining <= 0:
                raise locked(LockInfo.parse(folder.read(LOCK) or b""))
            await asyncio.sleep(min(_POLL, remaining))
        try:
            lock._sign(info.document())
        except BaseException:
            lock._close()
            raise
        return lock

    def check(self) -> None:
        """Raise `Failure(STATE_LOCKED)` where the file was removed or replaced: another may hold that one.
        Raise `Failure(STATE_UNWRITABLE)` where the whole directory is no longer at its path."""
        self._folder.check_place()
        if not self.is_ours():
            raise Failure(
                Cause.STATE_LOCKED,
                f"this run lost its lock on the state in {self._folder.path}: {LOCK} was removed or replaced",
                detail="What it was doing at that moment may not be recorded: the next plan reads it.",
                hint="Nothing more is written. Make sure that no other run is active, then run apply again.",
            )

    def release(self) -> None:
        """Wipe the owner's name and free the lock; it is freed even where this raises."""
        try:
            if self.is_ours():
                self._sign(b"")
        finally:
            self._close()

    @staticmethod
    def holder(folder: Folder) -> LockInfo | None:
        """Return who holds the lock. Nothing is written.

        A run empties the file when it ends; the lock is tried, for a moment, only where a name is in it: that
        of a run which holds it, or died.
        """
        content = folder.read(LOCK)
        if not content or not _is_held(folder):
            return None
        return LockInfo.parse(content) or LockInfo.unknown()

    @classmethod
    def break_for(cls, folder: Folder, run_id: str) -> LockInfo:
        """Remove the file that the run with this ID has locked; return who that was. Raises `Failure`."""
        owner = cls.holder(folder)
        if owner is None:
            raise not_locked()
        if not run_id or owner.id != run_id:
            raise another_holds(owner, run_id)
        folder.remove(LOCK)
        return owner

    @classmethod
    def _try(cls, folder: Folder) -> FileLock | None:
        path = folder.path / LOCK
        with writing("open", path):
            fd = folder.files.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, folder.fd)
        lock = cls(folder, fd)
        try:
            taken = lock._acquire()
        except BaseException:
            lock._close()
            raise
        if not taken:
            lock._close()
        return lock if taken else None

    def is_ours(self) -> bool:
        """Say whether the locked file is still the one that others would lock."""
        path = self._folder.path / LOCK
        with writing("look at", path):
            try:
                there = self._folder.files.lstat(LOCK, self._folder.fd)
            except FileNotFoundError:
                return False
            ours = self._folder.files.stat(self._fd)
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def _acquire(self) -> bool:
        """Try to lock; say whether we hold it now. A file replaced between opening and locking is not the one
        to hold.
        """
        with writing("lock", self._folder.path / LOCK):
            self._refuse_links()
            try:
                self._folder.files.lock(self._fd)
            except BlockingIOError:
                return False
        return self.is_ours()

    def _refuse_links(self) -> None:
        """Refuse a file that has another name elsewhere: what is written here must not land in it."""
        found = self._folder.files.stat(self._fd)
        if not stat.S_ISREG(found.st_mode):
            raise not_a_file(found.st_mode)
        if found.st_nlink > 1:
            path = self._folder.path / LOCK
            raise unsafe(path, "it is a hard link to another file", "Remove it; it is created when needed.")

    def _sign(self, data: bytes) -> None:
        with writing("write", self._folder.path / LOCK):
            self._folder.files.truncate(self._fd)
            os.lseek(self._fd, 0, os.SEEK_SET)
            if data:
                self._folder.write_all(self._fd, data)

    def _close(self) -> None:
        with writing("close", self._folder.path / LOCK):
            self._folder.files.close(self._fd)


def _is_held(folder: Folder) -> bool:
    """Say whether a process holds the lock."""
    with writing("look at", folder.path / LOCK):
        try:
            fd = folder.files.open(LOCK, os.O_RDONLY | os.O_NONBLOCK, folder.fd)
        except FileNotFoundError:
            return False
        try:
            folder.files.probe(fd)
        except BlockingIOError:
            return True
        finally:
            folder.files.close(fd)
    return False
