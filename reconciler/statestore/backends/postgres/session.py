"""The session of the database that holds the lock, and what is said about it."""

from __future__ import annotations

from contextlib import suppress

from reconciler.statestore.backends.postgres import failures, statements
from reconciler.statestore.backends.postgres.connection import Connection, Gone, Refused, Row
from reconciler.statestore.backends.postgres.target import Target
from reconciler.statestore.holder import LockInfo

OURS = "reconciler "
"""What the name of a session begins with that a run has open."""


async def taken(target: Target, connection: Connection, idle: float) -> bool:
    """Try once to take the lock; say whether this session has it. `idle` is how many seconds a run that does
    not answer keeps it.

    Raises `Failure` where a pooler makes sessions of the database change hands. Raises `Gone`, `Refused`.
    """
    [[locked, pid]] = await connection.rows(statements.TRY_LOCK, [target.key])
    if not locked and await _ended_unfinished(target, connection, idle):
        [[locked, pid]] = await connection.rows(statements.TRY_LOCK, [target.key])
    if not locked:
        return False
    [[again, owner]] = await connection.rows(statements.PROOF, [target.key])
    if not pid == again == owner:
        raise failures.pooled(target.place, "two statements ran in two sessions")
    if pid != connection.known_pid:
        await _prove_alone(target, connection, pid)
        await connection.settle()  # poolers may drop what is said when connecting
    return True


async def _ended_unfinished(target: Target, connection: Connection, idle: float) -> bool:
    """End the session that holds the lock, if its run has not sent the rest of a statement for this long.

    Between the messages of one statement no timeout of the server runs (seen on PostgreSQL 15): a run that
    was stopped there would keep the lock for good.
    """
    try:
        ended = await connection.rows(statements.UNFINISHED, [target.key, OURS, idle])
    except Refused:  # only the same role, or one that may signal others, can end it
        return False
    return any(row[0] for row in ended)


async def _prove_alone(target: Target, connection: Connection, pid: int) -> None:
    """Make sure that a pooler keeps this session for us alone, as it does in session mode.

    In the other modes a second client gets the session that the first one does not use right now.
    """
    other = await target.connect("reconciler: looks for a pooler")
    try:
        await other.rows("BEGIN")
        [[theirs]] = await other.rows("SELECT pg_backend_pid()")
        [[ours]] = await connection.rows("SELECT pg_backend_pid()")
    except (Gone, Refused) as error:
        raise failures.pooled(target.place, str(error)) from error
    finally:
        await other.close()
    if theirs == pid or ours != pid:
        raise failures.pooled(target.place, "two clients were given one session")


async def release(target: Target, connection: Connection) -> None:
    """Give the lock back and end the session. Fine where it is gone."""
    with suppress(Gone, Refused):
        await connection.rows(statements.UNLOCK, [target.key])
    await connection.close()


def holder(row: Row) -> LockInfo:
    """Return who holds the lock: as the run wrote it down, else what the server knows of its session.

    A run that was stopped or killed before it wrote that down has its session for an ID, by which its lock is
    freed; a session of another program has none.
    """
    pid, application, run = row
    who = application or ""
    id_ = f"session-{pid}" if who.startswith(OURS) else ""
    return LockInfo.parse((run or "").encode()) or LockInfo(id_, "", "", who, 0, "", "", f"session {pid}")
