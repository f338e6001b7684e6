"""State in memory, for tests and for embedding. Keeps text, so that every State handed out is a copy."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import replace

from reconciler.model.state import State
from reconciler.statestore.holder import LockInfo, locked
from reconciler.statestore.ledger import Ledger
from reconciler.statestore.session import JournaledSession
from reconciler.statestore.text import codec, journal


class MemoryStore:
    """Implements `StateStore`. It can start with a snapshot's text, for example another store's."""

    def __init__(self, snapshot: bytes | None = None) -> None:
        self.snapshot = snapshot
        self.payloads: list[str] = []
        self.owner: LockInfo | None = None
        self.lineage = ""

    async def read(self) -> State:
        """Return what is recorded now, a session's uncommitted records included."""
        return self._recovered(self._base())

    async def open(self, operation: str, info: str = "") -> JournaledSession:
        """Take the lock and recover what a session left uncommitted."""
        if self.owner is not None:
            raise locked(self.owner)
        base = self._base()
        self.lineage = base.lineage or self.lineage or str(uuid.uuid4())
        base = replace(base, lineage=self.lineage)
        session = JournaledSession(_MemoryMedium(self), Ledger(base, self._recovered(base)))
        self.owner = LockInfo(
            str(uuid.uuid4()), operation, info, "this process", os.getpid(), "", "", "memory"
        )
        return session

    def _base(self) -> State:
        return State() if self.snapshot is None else codec.decode(self.snapshot)

    def _recovered(self, base: State) -> State:
        if not self.payloads:
            return base
        return journal.replay(replace(base, lineage=self.lineage), journal.entries(self.payloads))


class _MemoryMedium:
    """Implements `Medium` by lists and bytes."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def append(self, payload: str, *, durable: bool) -> None:
        self._store.payloads.append(payload)

    async def save(self, snapshot: bytes, state: State) -> None:
        self._store.snapshot = snapshot
        self._store.payloads = []

    async def rewrite(self, change: Callable[[bytes], bytes | None]) -> int:
        return 0

    async def drop_journal(self) -> None:
        self._store.payloads = []

    async def release(self) -> None:
        self._store.owner = None
