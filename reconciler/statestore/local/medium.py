"""The files of one writing session: its journal, its snapshot, its lock."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Sequence

from reconciler.model.failure import Failure
from reconciler.model.state import State
from reconciler.statestore.audit.trail import Trail
from reconciler.statestore.local.audit import AuditFile
from reconciler.statestore.local.failures import writing
from reconciler.statestore.local.folder import Folder
from reconciler.statestore.local.lock import FileLock
from reconciler.statestore.local.recovery import (
    GENERATIONS,
    JOURNAL,
    MOVED,
    STATE,
    Found,
    generation_name,
    generations,
    look,
)
from reconciler.statestore.text.codec import checksum_of
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.journal import Header, header_text, seal

_SYNC_EVERY = 0.2  # seconds of outcomes that a power cut may take; a killed process loses none


class JournalFile:
    """The journal, open for appending. A partly written line is the last one, for the session stops there."""

    def __init__(self, folder: Folder, content: bytes, crc: int, clock: Callable[[], float]) -> None:
        """Put this content in place of what is there: drops a torn line and shows that writing works."""
        self._folder = folder
        self._crc = crc
        self._clock = clock
        self._synced_at = clock()
        self._dirty = False
        folder.replace(JOURNAL, content)
        with writing("open", folder.path / JOURNAL):
            self._fd = folder.files.open(JOURNAL, os.O_WRONLY | os.O_APPEND, folder.fd)

    def append(self, payload: str, *, durable: bool) -> None:
        """Add a line. It is handed to the kernel at once, and to the disk now (`durable`) or soon."""
        line, self._crc = seal(payload, self._crc)
        with writing("write", self._folder.path / JOURNAL):
            self._folder.write_all(self._fd, line)
        self._dirty = True
        if durable or self._clock() - self._synced_at >= _SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        """Wait until every line is on disk."""
        if not self._dirty:
            return
        with writing("write", self._folder.path / JOURNAL):
            self._folder.files.fsync(self._fd)
        self._dirty = False
        self._synced_at = self._clock()

    def close(self) -> None:
        """Close the file; `sync` first where its lines still matter."""
        with writing("close", self._folder.path / JOURNAL):
            self._folder.files.close(self._fd)


class LocalMedium:
    """Implements `Medium` in a directory whose lock is held."""

    def __init__(
        self,
        folder: Folder,
        lock: FileLock,
        found: Found,
        keep: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._lock = lock
        self._keep = keep
        self._clock = clock
        self._continues = Header(found.state.lineage, found.state.serial, found.checksum)
        self._is_empty = not (found.journal and found.journal.entries)
        content, crc = seal(header_text(self._continues), 0)
        if found.journal and not self._is_empty:
            content, crc = found.journal.intact, found.journal.crc
        self._audit = AuditFile(folder)
        self._journal: JournalFile | None = JournalFile(folder, content, crc, clock)

    @property
    def trail(self) -> Trail:
        """Where the audit log ended when the directory was opened."""
        return self._audit.trail

    async def log(self, line: str) -> None:
        """Add a line to the audit log; it is on disk when this returns."""
        self._lock.check()
        self._audit.append(line)

    async def copy_log(self, lines: Sequence[str]) -> None:
        """Make these the lines of the audit log."""
        self._lock.check()
        self._audit.fill(lines)

    async def check(self) -> None:
        """Raise `Failure` where the lock is not this run's any more."""
        self._lock.check()

    async def rescue(self, payload: str) -> None:
        """Keep nothing: the directory that failed is the only place."""

    async def leave(self, to: str) -> None:
        """Write where the State is now, and remove the snapshot: it is the newest generation, too."""
        self._lock.check()
        await self.drop_journal()
        left = {"moved_to": to, "lineage": self._continues.lineage}
        self._folder.replace(MOVED, json.dumps(left).encode() + b"\n", self._lock.check)
        self._folder.remove(STATE)

    async def append(self, payload: str, *, durable: bool) -> None:
        """Add one journal line, beginning a journal where a commit ended the last one."""
        self._lock.check()
        if self._journal is None:
            self._journal = JournalFile(
                self._folder, *seal(header_text(self._continues), 0), clock=self._clock
            )
        self._journal.append(payload, durable=durable)
        self._is_empty = False

    async def save(self, snapshot: bytes, state: State) -> None:
        """Write the generation first, then the snapshot, and only then remove the journal: every gap can be
        recognised. Without a journal nothing would show the first gap, so the snapshot goes first.
        """
        self._lock.check()
        journaled = self._journal is not None
        if self._journal is not None:
            self._journal.sync()
        try:
            if journaled:
                self._keep_generation(snapshot, state.serial)
            self._folder.replace(STATE, snapshot, self._lock.check)
            self._lock.check()
            if not journaled:
                self._keep_generation(snapshot, state.serial)
        except Failure as failure:
            self._lock.check()  # another run that took it clears away what this one was writing
            failure.detail = failure.detail or self._what_is_left()
            raise
        self._continues = Header(state.lineage, state.serial, checksum_of(snapshot))
        await self.drop_journal()

    async def rewrite(self, change: Callable[[bytes], bytes | None]) -> int:
        """Replace each kept generation by what this makes of it (`None`: leave it); gives how many were.

        What is no generation, or cannot be read as one, is left alone.
        """
        self._lock.check()
        below = self._folder.below(GENERATIONS)
        if below is None:
            return 0
        try:
            return sum(self._rewritten(below, name, change) for name in generations(below).values())
        finally:
            below.close()

    def _rewritten(self, below: Folder, name: str, change: Callable[[bytes], bytes | None]) -> bool:
        try:
            text = change(below.read(name) or b"")
        except Unreadable:  # damaged, or of a later version: not ours to change
            return False
        if text is not None:
            below.replace(name, text, self._lock.check)
        return text is not None

    async def drop_journal(self) -> None:
        """Remove the journal: it adds nothing to the snapshot."""
        self._lock.check()
        journal, self._journal = self._journal, None
        if journal is not None:
            self._is_empty = True
            try:
                self._folder.remove(JOURNAL)
            finally:
                journal.close()

    async def release(self) -> None:
        """Bring the journal to disk, or remove it where it has no lines; then free the lock."""
        with contextlib.ExitStack() as last:
            last.callback(self._folder.close)
            last.callback(self._lock.release)
            last.callback(self._audit.close)
            self._end_journal()

    def _end_journal(self) -> None:
        journal, self._journal = self._journal, None
        if journal is None:
            return
        try:
            if not self._is_empty:
                journal.sync()
            elif self._lock.is_ours():
                self._folder.remove(JOURNAL)
        finally:
            journal.close()

    def _what_is_left(self) -> str:
        """Return what is left on disk, after reading it back."""
        try:
            serial = look(self._folder).snapshot.serial
        except Failure as failure:
            return f"What is on disk cannot be read back either: {failure.summary}"
        path = self._folder.path / JOURNAL
        return (
            f"Nothing is lost: the snapshot of serial {serial} is whole, and what this run did is in {path}, "
            "which was read back. The next run goes on from there."
        )

    def _keep_generation(self, snapshot: bytes, serial: int) -> None:
        below = self._folder.make_below(GENERATIONS)
        try:
            below.replace(generation_name(serial), snapshot, self._lock.check)
            for name in list(generations(below).values())[self._keep :]:
                below.remove(name)
        finally:
            below.close()
