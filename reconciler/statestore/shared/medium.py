"""Where a session's lines and snapshots go on a server: every step that must last replaces the head."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from reconciler.model.failure import Failure
from reconciler.model.state import State
from reconciler.statestore.audit.segments import Audit
from reconciler.statestore.audit.trail import Trail
from reconciler.statestore.shared.auditing import shortened, written
from reconciler.statestore.shared.head import Head, Snapshot
from reconciler.statestore.shared.keeping import Kept
from reconciler.statestore.shared.packing import packed
from reconciler.statestore.shared.ports import Backend, LostLock, Unsure
from reconciler.statestore.shared.reading import read_journal
from reconciler.statestore.shared.rescue import Rescue
from reconciler.statestore.shared.snapshots import JOURNAL, remove, whole_snapshot, write_snapshot
from reconciler.statestore.shared.writing import HeadWriter, create
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.journal import Scan, header_text, sealed

_T = TypeVar("_T")
TAIL = 64 << 10  # bytes of journal that a head holds
OUTCOMES_WAIT = 1.0  # seconds after which outcomes are written that nothing waits for


class SharedMedium:
    """Implements `Medium` on a backend whose lock is held.

    Lines that arrive while a write is on its way go together in the next one. After a failure nothing more is
    written: what follows goes to `rescue`.
    """

    def __init__(
        self,
        backend: Backend,
        writer: HeadWriter,
        journal: Scan | None,
        lock: Kept,
        rescue: Rescue,
        keep: int,
    ) -> None:
        self._backend = backend
        self._writer = writer
        self._crc = journal.crc if journal is not None else 0
        self._lock = lock
        self._rescue = rescue
        self._keep = keep
        self._pending: list[str] = []
        self._appended = self._written = 0
        self._audit = writer.head.audit
        self._writing = asyncio.Lock()
        self._later: asyncio.Task[None] | None = None
        self._failure: Failure | None = None
        self._why = ""

    @property
    def trail(self) -> Trail:
        """Where the audit log ended when the state was opened."""
        return self._audit.trail

    async def log(self, line: str) -> None:
        """Add a line to the audit log: it is written with the next head."""
        longer = Audit(self._audit.segments, (*self._audit.lines, line))
        self._audit = longer
        if longer.is_long:
            self._audit = await self._alone(lambda: shortened(self._backend, longer, self._nonce))
        elif self._failure is not None:
            raise self._failure

    async def copy_log(self, lines: Sequence[str]) -> None:
        """Make these the lines of the audit log."""
        self._audit = await self._alone(lambda: written(self._backend, lines, self._nonce))

    async def check(self) -> None:
        """Raise `Failure` where nothing more may be written to any cluster. When it returns, the audit log on
        the server has all its lines: no call to a cluster comes before the beginning of its entry.
        """
        await self._check()
        if self._audit != self._head.audit:
            await self._alone(self._write_log)

    async def _check(self) -> None:
        """Raise `Failure` where nothing more may be written, here or to any cluster."""
        if self._failure is not None:
            raise self._failure
        try:
            await self._lock.check()
        except Failure as failure:
            raise self._broken(failure) from failure

    async def leave(self, to: str) -> None:
        """Write a head that says where the State is now."""
        await self._check()
        await self._alone(lambda: self._writer.write(self._step(moved_to=to)))

    async def append(self, payload: str, *, durable: bool) -> None:
        """Add one journal line: with `durable` the server has it before this returns, else soon."""
        if self._failure is not None:
            await self.rescue(payload)
            raise self._failure
        self._pending.append(payload)
        self._appended += 1
        await self._check()
        if durable:
            await self._flush()
        elif self._later is None:
            self._later = asyncio.create_task(self._flush_later())

    async def flush(self) -> None:
        """Wait until the server has every line that was appended."""
        await self._flush()

    async def rescue(self, payload: str) -> None:
        """Keep the line of a session that failed in the local file."""
        if self._failure is not None:
            self._failure.detail = _lines(self._why, self._rescue.keep(self._head.continues, [payload]))

    async def save(self, snapshot: bytes, state: State) -> None:
        """Write the chunks, and then the head that points to them and has no journal."""
        await self._check()
        await remove(self._backend, await self._alone(lambda: self._saved(snapshot, state)))

    async def rewrite(self, change: Callable[[bytes], bytes | None]) -> int:
        """Replace each kept generation by what this makes of it (`None`: leave it); return how many were."""
        await self._check()
        changed, dropped = await self._alone(lambda: self._all_rewritten(change))
        await remove(self._backend, dropped)
        return changed

    async def drop_journal(self) -> None:
        """Replace the head by one without a journal: it adds nothing to the snapshot."""
        await self._check()
        await remove(self._backend, await self._alone(self._without_journal))

    async def release(self) -> None:
        """Write what is pending, and give the lock back; it is given back even where this raises."""
        try:
            await self._stop_later()
            if self._failure is None:
                await self._flush()  # waits also for a write whose caller was cancelled
                await self._alone(self._write_log)
        finally:
            await self._lock.stop()
            await self._give_back()

    @property
    def _head(self) -> Head:
        return self._writer.head

    async def _give_back(self) -> None:
        """Free the lock; where the server cannot be reached it expires by itself.

        After a failure that is the one to be shown: it says what became of what was done.
        """
        try:
            await self._backend.unlock()
        except (Unsure, LostLock):
            pass
        except Failure:
            if self._failure is None:
                raise
        finally:
            await self._backend.close()

    async def _flush_later(self) -> None:
        await asyncio.sleep(OUTCOMES_WAIT)
        self._later = None
        with contextlib.suppress(Failure):  # the next call of the session raises it
            await self._flush()

    async def _stop_later(self) -> None:
        later, self._later = self._later, None
        if later is not None:
            later.cancel()
            await asyncio.gather(later, return_exceptions=True)

    async def _flush(self) -> None:
        """Wait until the server has every line that was appended before this call."""
        wanted = self._appended
        await self._alone(lambda: self._write_pending(wanted))

    async def _alone(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Do this while nothing else is written. Raises `Failure`, after which nothing more is.

        It goes on to its end also where the caller is cancelled: what is written next goes by the head that
        the server has then.
        """
        return await asyncio.shield(asyncio.create_task(self._exclusive(work)))

    async def _exclusive(self, work: Callable[[], Awaitable[_T]]) -> _T:
        async with self._writing:
            if self._failure is not None:
                raise self._failure
            try:
                return await work()
            except Failure as failure:
                raise self._broken(failure) from failure

    async def _write_pending(self, wanted: int) -> None:
        if self._written >= wanted:
            return
        count, upto = len(self._pending), self._appended
        goes_on = bool(self._head.segments or self._head.tail)
        header = [] if goes_on else [header_text(self._head.continues)]
        data, crc = sealed([*header, *self._pending], self._crc if goes_on else 0)
        await self._write_lines(self._head.tail.encode("ascii") + data)
        self._crc, self._written = crc, upto
        del self._pending[:count]

    async def _write_lines(self, data: bytes) -> None:
        """Write a head with this tail; what is too long for a head goes into segments first."""
        segments = list(self._head.segments)
        if len(data) > TAIL:
            size = min(4 * TAIL, self._backend.largest - 64)
            for start in range(0, len(data), size):
                key = f"{JOURNAL}{self._head.serial:06d}-{self._nonce}/{len(segments)}"
                await create(self._backend, key, packed(data[start : start + size]))
                segments.append(key)
            data = b""
        await self._writer.write(self._step(segments=tuple(segments), tail=data.decode("ascii")))

    async def _saved(self, snapshot: bytes, state: State) -> list[str]:
        made = await write_snapshot(self._backend, snapshot, state.serial, self._nonce)
        kept = (made, *self._head.generations)[: self._keep]
        head = self._step(lineage=state.lineage, generations=kept, segments=(), tail="")
        dropped = await self._replace(head)
        self._settle()
        return dropped

    async def _write_log(self) -> None:
        if self._audit != self._head.audit:
            await self._writer.write(self._step())

    async def _without_journal(self) -> list[str]:
        has_lines = self._head.segments or self._head.tail
        dropped: list[str] = []
        if has_lines or self._audit != self._head.audit:
            changes = {"segments": (), "tail": ""} if has_lines else {}
            dropped = await self._replace(self._step(**changes))
        self._settle()
        return dropped

    async def _all_rewritten(self, change: Callable[[bytes], bytes | None]) -> tuple[int, list[str]]:
        before = self._head.generations
        kept = tuple([await self._rewritten(one, change) for one in before])
        changed = sum(new is not old for new, old in zip(kept, before, strict=True))
        return changed, await self._replace(await self._on_top_of(kept)) if changed else []

    async def _rewritten(self, old: Snapshot, change: Callable[[bytes], bytes | None]) -> Snapshot:
        try:
            text = change(await whole_snapshot(self._backend, old))
        except Unreadable:  # damaged, or of a later version: not ours to change
            return old
        if text is None:
            return old
        return await write_snapshot(self._backend, text, old.serial, f"{self._nonce}-{self._head.step}")

    async def _on_top_of(self, kept: tuple[Snapshot, ...]) -> Head:
        """Return the next head for other generations: its journal goes on from the first of them."""
        payloads = [
            line[9:].decode("ascii") for line in (await read_journal(self._backend, self._head)).splitlines()
        ]
        head = self._step(generations=kept, segments=(), tail="")
        if not payloads:
            return head
        data, self._crc = sealed([header_text(head.continues), *payloads[1:]], 0)
        return replace(head, tail=data.decode("ascii"))

    async def _replace(self, head: Head) -> list[str]:
        """Write this head; return the documents that the one before pointed to and this one does not."""
        before = self._head
        await self._writer.write(head)
        return [key for key in documents(before) if key not in set(documents(head))]

    def _step(self, **changes: object) -> Head:
        """Return the next head. One that changes more than the audit log follows no earlier run any more."""
        earlier = () if changes else self._head.earlier
        step = self._head.step + 1
        return replace(self._head, step=step, audit=self._audit, earlier=earlier, **changes)  # type: ignore[arg-type]

    @property
    def _nonce(self) -> str:
        return self._head.writer.partition("-")[0]

    def _settle(self) -> None:
        """Take all lines for written: the snapshot has them."""
        self._pending.clear()
        self._written = self._appended

    def _broken(self, failure: Failure) -> Failure:
        """Stop for good, and keep what is not on the server. Return the failure to raise: the first."""
        if self._failure is None:
            self._failure, self._why = failure, failure.detail
            self._lock.lose(failure)
            failure.detail = _lines(self._why, self._rescue.keep(self._head.continues, self._pending))
            self._pending = []
        return self._failure


def documents(head: Head) -> list[str]:
    """Return the keys of all documents that a head points to."""
    return [*head.audit.segments, *head.segments, *(key for one in head.generations for key in one.documents)]


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))
