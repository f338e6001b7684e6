"""A state in PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.model.failure import Cause
from reconciler.model.state_place import PostgresPlace
from reconciler.statestore.backends.postgres import failures, session, statements
from reconciler.statestore.backends.postgres.connection import Connection, Gone, Refused, Row
from reconciler.statestore.backends.postgres.target import Target, target
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure

_GENERATION = re.compile(r"generations/(\d{1,18})-[^/]+/(\d{1,9})")
_NO_TABLE = ("42P01", "3F000")
_ABORTED = ("40001", "40P01", "55P03", "57014")  # nothing was done, and the next try may succeed
IDLE = 30.0  # seconds after which the server ends a silent session that holds the lock
_LARGEST = 32 << 20


def connect(place: PostgresPlace, environ: Mapping[str, str], root: Path) -> PostgresBackend:
    """Return the backend of a state in this schema; nothing is asked yet. Raises `Failure`."""
    return PostgresBackend(target(place, environ))


class PostgresBackend:
    """Implements `Backend`. `idle` is how many seconds a run that does not answer keeps the lock."""

    asks_by_locking = False

    def __init__(self, target: Target, idle: float = IDLE) -> None:
        self._target = target
        self._idle = idle
        self._pinned: Connection | None = None  # while the lock is held: its session
        self._fence = 0
        self._created = False  # whether the tables are known to be there
        self._free: Connection | None = None  # for reading without the lock

    @property
    def place(self) -> str:
        """Server, database, schema and the state's name."""
        return self._target.place

    @property
    def largest(self) -> int:
        """How many bytes one document may have: any snapshot fits into one row."""
        return _LARGEST

    @property
    def renew_every(self) -> float:
        """Seconds after which the server is to hear of a held lock."""
        return self._idle / 3

    async def get(self, key: str) -> Document | None:
        """Return a document, or `None`."""
        rows = await self._read(statements.READ, [self._target.name, key], key)
        return Document(bytes(rows[0][0]), rows[0][1]) if rows else None

    async def keys(self, prefix: str) -> Sequence[str]:
        """Return the keys that begin with this text, in order."""
        rows = await self._read(statements.KEYS, [self._target.name, prefix] * 2)
        return sorted(row[0] for row in rows)

    async def create(self, key: str, data: bytes) -> str:
        """Write a document that must not exist yet; return its version."""
        if self._pinned is None:
            await self._create_tables()
        name, generation = self._target.name, _GENERATION.fullmatch(key)
        if generation is None:
            return self._one(key, await self._write(statements.CREATE, [name, key, data], key))
        place = [int(part) for part in generation.groups()]
        older, row = [name, *place, self._fence, key], [name, key, data, *place, self._fence]
        written = await self._write(statements.GENERATE, [*older, *row], key)
        if not written and await self.get(key) is None:
            raise LostLock(f"a run that locked later has written {key.partition('-')[0]}")
        return self._one(key, written)

    async def replace(self, key: str, data: bytes, version: str) -> str:
        """Write a document that must still have this version; return the new one."""
        values = [data, self._target.name, key, version]
        return self._one(key, await self._write(statements.REPLACE, values, key))

    async def delete(self, key: str) -> None:
        """Remove a document, whichever version it has."""
        try:
            await self._write(statements.DELETE, [self._target.name, key], key)
        except Unsure as error:
            raise failures.failed(self.place, Cause.STATE_UNWRITABLE, str(error)) from error

    async def lock(self, run: LockInfo) -> LockInfo | None:
        """Try once to take the lock, in a session of its own."""
        if self._pinned is not None and self._pinned.is_open:
            return await self.holder()
        await self._create_tables()
        connection = await self._target.connect(f"{session.OURS}{run.operation} {run.who}", self._idle)
        try:
            if await session.taken(self._target, connection, self._idle):
                await self._sign(connection, run)
                return None
        except (Gone, Refused) as error:
            await connection.close()
            raise failures.failed(self.place, Cause.STATE_UNWRITABLE, str(error)) from error
        except BaseException:
            await connection.close()
            raise
        await connection.close()
        return await self.holder() or session.holder(("?", "", ""))

    async def renew(self) -> None:
        """Let the server know that this run is alive."""
        if self._pinned is None:
            raise LostLock("this run does not hold the lock")
        try:
            await self._pinned.rows("SELECT 1")
        except Gone as error:
            raise LostLock(f"its session of the database ended: {error}") from error
        except Refused as error:
            raise Unsure(str(error)) from error

    async def unlock(self) -> None:
        """Give the lock back."""
        pinned, self._pinned = self._pinned, None
        if pinned is not None:
            await session.release(self._target, pinned)

    async def holder(self) -> LockInfo | None:
        """Return who holds the lock."""
        row = await self._held()
        return session.holder(row) if row else None

    async def break_lock(self, run_id: str) -> bool:
        """End the session of the run with this ID, if it holds the lock, and no other."""
        row = await self._held()
        if row is None or session.holder(row).id != run_id:
            return False
        try:
            ended = await (await self._reading()).rows(statements.TERMINATE, [self._target.key, row[0]])
        except Gone as error:
            raise failures.unreachable(self.place, str(error)) from error
        except Refused as error:
            raise failures.may_not_break(self.place, run_id, row[0], str(error)) from error
        if ended and not ended[0][0]:
            raise failures.stays(self.place, run_id)
        return True

    async def close(self) -> None:
        """Close the connection for reading; that of an open lock is left to `unlock`."""
        free, self._free = self._free, None
        if free is not None:
            await free.close()

    async def _held(self) -> Row | None:
        rows = await self._read(statements.HOLDER, [self._target.key, self._target.name])
        return rows[0] if rows else None

    async def _sign(self, connection: Connection, run: LockInfo) -> None:
        values = [self._target.name, run.document().decode()]
        [[self._fence]] = await connection.rows(self._on(statements.SIGN), values)
        self._pinned = connection

    async def _create_tables(self) -> None:
        """Create what is missing, one run at a time."""
        if not self._created:
            [[self._created]] = await self._read(statements.EXISTS, [])
        if self._created:
            return
        connection = await self._reading()
        try:
            await connection.rows("SELECT pg_advisory_lock(%s)", [statements.CREATE_ALONE])
            for statement in self._on(statements.TABLES).split(";"):
                if statement.strip():
                    await connection.rows(statement)
        except (Gone, Refused) as error:
            raise failures.cannot_create(self.place, self._target.schema, str(error)) from error
        finally:
            await self.close()  # which frees the lock of creating

    def _on(self, statement: str, key: str = "") -> str:
        table = "generations" if _GENERATION.fullmatch(key) else "documents"
        return statement.replace("{schema}", self._target.schema).replace("{table}", table)

    @staticmethod
    def _one(key: str, rows: Sequence[Row]) -> str:
        if not rows:
            raise Conflict(key)
        return str(rows[0][0])

    async def _write(self, statement: str, values: Sequence[object], key: str) -> list[Row]:
        """Run a statement in the session that holds the lock, where one does; in no other then.

        Raises `LostLock`, `Unsure`, `Failure`.
        """
        connection = self._pinned or await self._reading()
        try:
            return await connection.rows(self._on(statement, key), values)
        except Gone as error:
            if connection is self._pinned:
                raise LostLock(f"its session of the database ended: {error}") from error
            raise Unsure(str(error)) from error
        except Refused as error:
            if error.code in _ABORTED:
                raise Unsure(str(error)) from error
            raise failures.failed(self.place, Cause.STATE_UNWRITABLE, str(error), error.code) from error

    async def _read(self, statement: str, values: Sequence[object], key: str = "") -> list[Row]:
        """Run a statement that reads, once more where its connection is gone. Raises `Failure`."""
        text = self._on(statement, key)
        try:
            try:
                return await (await self._reading()).rows(text, values)
            except Gone:
                return await (await self._reading()).rows(text, values)
        except Gone as error:
            raise failures.unreachable(self.place, str(error)) from error
        except Refused as error:
            if error.code in _NO_TABLE:
                return []
            raise failures.failed(self.place, Cause.STATE_UNREADABLE, str(error), error.code) from error

    async def _reading(self) -> Connection:
        if self._pinned is not None and self._pinned.is_open:
            return self._pinned
        if self._free is None or not self._free.is_open:
            self._free = await self._target.connect("reconciler: reads the state")
        return self._free
