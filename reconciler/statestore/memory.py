"""State in memory, for tests and for embedding. Keeps text, so that every State handed out is a copy."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from reconciler.model.auditing.origin import Origin, unknown
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Check, Generation, State
from reconciler.statestore.audit.reading import AuditLog
from reconciler.statestore.audit.scribe import Scribe
from reconciler.statestore.audit.trail import Trail, trail_of
from reconciler.statestore.holder import (
    LockInfo,
    another_holds,
    locked,
    not_locked,
    taken_away,
    this_run,
)
from reconciler.statestore.ledger import Ledger
from reconciler.statestore.ports import LeftOver
from reconciler.statestore.session import JournaledSession
from reconciler.statestore.text import codec, journal
from reconciler.statestore.text.fields import Unreadable
from reconciler.statestore.text.kept import MovedAway, checked, generation_of, missing, not_moved, read_kept


class MemoryStore:
    """Implements `StateStore`. It can start with a snapshot's text, for example another store's.

    `keep` generations are kept. `now` gives seconds since the epoch.
    """

    place = "memory"

    def __init__(
        self,
        snapshot: bytes | None = None,
        *,
        keep: int = 10,
        now: Callable[[], float] = time.time,
        origin: Callable[[], Origin] = unknown,
    ) -> None:
        self.snapshot = snapshot
        self.kept: dict[int, bytes] = {}
        self.payloads: list[str] = []
        self.owner: LockInfo | None = None
        self.lineage = ""
        self.moved_to = ""
        self.keep = keep
        self.audited: list[str] = []
        self._now, self._origin = now, origin

    async def read(self) -> State:
        """Return what is recorded now, a session's uncommitted records included."""
        return self._recovered(self._base())

    async def history(self) -> Sequence[Generation]:
        """Return the kept snapshots, newest first."""
        return [generation_of(serial, text) for serial, text in self._texts()]

    async def generation(self, serial: int) -> State:
        """Return a kept snapshot, or the one that counts now."""
        text = dict(self._texts()).get(serial)
        if text is None:
            raise missing(serial, self.place)
        try:
            return read_kept(serial, text)
        except Unreadable as error:
            raise Failure(Cause.STATE_UNREADABLE, f"serial {serial} cannot be used: {error}") from error

    async def verify(self) -> Sequence[Check]:
        """Read every kept snapshot."""
        now = self._base()
        return [checked(f"serial {serial}", serial, text, now) for serial, text in self._texts()]

    async def audit(self) -> AuditLog:
        """Return the audit log."""
        self._base()
        return AuditLog(tuple(self.audited), trail_of(self.audited).last if self.audited else None)

    async def holder(self) -> LockInfo | None:
        """Return who holds the lock."""
        return self.owner

    async def seen_holder(self) -> LockInfo | None:
        """Return who holds the lock."""
        return self.owner

    def left_over(self, state: State) -> Sequence[LeftOver]:
        """Return nothing: what a session did is in memory."""
        return ()

    async def force_unlock(self, run_id: str) -> LockInfo:
        """Free the lock of the run with this ID."""
        if self.owner is None:
            raise not_locked()
        if self.owner.id != run_id:
            raise another_holds(self.owner, run_id)
        owner, self.owner = self.owner, None
        return owner

    async def open(self, operation: str, info: str = "") -> JournaledSession:
        """Take the lock and recover what a session left uncommitted."""
        if self.owner is not None:
            raise locked(self.owner)
        base = self._base()
        self.lineage = base.lineage or self.lineage or str(uuid.uuid4())
        base = replace(base, lineage=self.lineage)
        run = this_run(operation, info, self.place, self._now())
        ledger = Ledger(base, self._recovered(base))
        self.owner = run
        medium = _MemoryMedium(self, run)
        session = JournaledSession(medium, ledger, Scribe(run, medium.trail, self._origin, self._now))
        await session.close_unfinished()
        return session

    async def open_damaged(self, operation: str) -> JournaledSession:
        """Open it: the failure of one that is damaged has the command that mends it."""
        return await self.open(operation)

    async def clear(self) -> None:
        """Remove what a State left that was moved away."""
        if not self.moved_to:
            raise not_moved(self.place)
        self.snapshot, self.kept, self.payloads, self.lineage, self.moved_to = None, {}, [], "", ""
        self.audited = []

    def _base(self) -> State:
        if self.moved_to:
            raise MovedAway(self.place, self.moved_to, codec.decode(self.snapshot or b"").lineage)
        return State() if self.snapshot is None else codec.decode(self.snapshot)

    def _texts(self) -> list[tuple[int, bytes]]:
        """Return serial and text of the kept snapshots, newest first."""
        now = {} if self.snapshot is None else {self._base().serial: self.snapshot}
        return sorted({**self.kept, **now}.items(), reverse=True)

    def _recovered(self, base: State) -> State:
        if not self.payloads:
            return base
        return journal.replay(replace(base, lineage=self.lineage), journal.entries(self.payloads))


class _MemoryMedium:
    """Implements `Medium` by lists and bytes."""

    def __init__(self, store: MemoryStore, run: LockInfo) -> None:
        self._store = store
        self._run = run

    @property
    def trail(self) -> Trail:
        return trail_of(self._store.audited)

    async def log(self, line: str) -> None:
        self._held().audited.append(line)

    async def copy_log(self, lines: Sequence[str]) -> None:
        self._held().audited = list(lines)

    async def check(self) -> None:
        self._held()

    async def rescue(self, payload: str) -> None:
        pass

    async def leave(self, to: str) -> None:
        self._held().moved_to = to

    async def append(self, payload: str, *, durable: bool) -> None:
        self._held().payloads.append(payload)

    async def save(self, snapshot: bytes, state: State) -> None:
        store = self._held()
        store.snapshot, store.payloads, store.lineage = snapshot, [], state.lineage
        store.kept[state.serial] = snapshot
        for serial in sorted(store.kept)[: -store.keep]:
            del store.kept[serial]

    async def rewrite(self, change: Callable[[bytes], bytes | None]) -> int:
        texts = {serial: change(text) for serial, text in self._held().kept.items()}
        changed = {serial: text for serial, text in texts.items() if text is not None}
        self._store.kept.update(changed)
        return len(changed)

    async def drop_journal(self) -> None:
        self._held().payloads = []

    async def release(self) -> None:
        if self._store.owner is self._run:
            self._store.owner = None

    def _held(self) -> MemoryStore:
        if self._store.owner is not self._run:
            raise taken_away(self._store.place)
        return self._store
