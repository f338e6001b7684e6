"""What the errors of PostgreSQL mean, worded once: what, where, why, and what to do."""

from __future__ import annotations

import re

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.text import one_line

_CONNECTING = (
    "The address and the credentials come from PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD and the other "
    "variables and files of libpq, or from the variable that `dsn_env` names."
)
# Of a connection that was refused there is the server's text alone, in the language that the server has.
_HINTS = {
    "password authentication failed": "The user or the password is wrong (PGUSER, PGPASSWORD, ~/.pgpass).",
    r"no pg_hba\.conf entry": "The server does not let this user in from here (`pg_hba.conf`).",
    r'database ".*" does not exist': "Create the database, or correct PGDATABASE.",
    "too many connections": "The server has no connection left: wait, or raise `max_connections`.",
    "remaining connection slots": "The server has no connection left: wait, or raise `max_connections`.",
    "does not support SSL": "Set PGSSLMODE as the server has it: it takes no TLS.",
    "certificate verify failed": "Set PGSSLROOTCERT to the authority's certificate.",
}


def bad_schema(schema: str) -> Failure:
    """Return the failure of a schema that would have to be quoted everywhere."""
    return Failure(
        Cause.CONFIGURATION,
        f"{one_line(schema)} cannot be the schema of a state in PostgreSQL",
        hint="Use lower-case letters, digits and _, at most 63 of them.",
    )


def no_dsn(variable: str) -> Failure:
    """Return the failure where the variable that `dsn_env` names is not set."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in PostgreSQL: the variable {variable} is not set",
        hint="`dsn_env` under `state:` in reconciler.yaml names it. Set it: postgresql://user@host/database",
    )


def bad_dsn(variable: str) -> Failure:
    """Return the failure of a connection string that cannot be read. It is not shown: it has a password."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in PostgreSQL: {variable} holds no connection string",
        hint="It looks like postgresql://user:password@host:5432/database, or: host=db dbname=state user=ci",
    )


def unescaped_dsn(variable: str) -> Failure:
    """Return the failure of a password that would be cut at a character of its own, and its rest shown."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in PostgreSQL: it is not clear where the password in {variable} ends",
        hint="In a URL, write an @ of the user or the password as %40, a / as %2F, a : as %3A; "
        "or set PGPASSWORD beside it.",
    )


def unreachable(place: str, text: str) -> Failure:
    """Return the failure of a connection that could not be made."""
    why = one_line(text.removeprefix("connection failed: "))
    first = next((hint for part, hint in _HINTS.items() if re.search(part, text)), "")
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot connect to the state in {place}: {why}",
        hint=f"{first} {_CONNECTING}".strip(),
    )


def old_server(place: str) -> Failure:
    """Return the failure of a server that cannot end idle sessions."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in {place}: the server is older than PostgreSQL 14",
        hint="Locks of runs that died must end by themselves: use PostgreSQL 14 or later.",
    )


def pooled(place: str, why: str) -> Failure:
    """Return the failure of a pooler that hands one session of the database to several clients in turn."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot lock the state in {place}: a connection pooler in transaction mode is in between ({why})",
        detail="The lock belongs to a session of the database; behind such a pooler it would be anybody's.",
        hint="Connect to the server itself, or to a pool with `pool_mode = session` (PgBouncer).",
    )


def without_options(place: str) -> Failure:
    """Return the failure of a pooler that refuses settings of a session when it begins."""
    return Failure(
        Cause.STATE_UNREADABLE,
        f"cannot use the state in {place}: a connection pooler is in between "
        "that refuses settings of sessions",
        hint="Connect to the server itself. With PgBouncer: pool_mode = session, and "
        "ignore_startup_parameters = options.",
    )


def failed(place: str, cause: Cause, text: str, code: str | None = None) -> Failure:
    """Return the failure of a statement that the server refuses."""
    verb = "write" if cause is Cause.STATE_UNWRITABLE else "read"
    hint = "See the server's log, then run again."
    if code == "42501":
        hint = "Give this user USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on its tables."
    return Failure(cause, f"cannot {verb} the state in {place}: {one_line(text)}", hint=hint)


def cannot_create(place: str, schema: str, text: str) -> Failure:
    """Return the failure of a user who may not create the tables."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot create the tables of the state in {place}: {one_line(text)}",
        hint="Give this user CREATE on the database, or create the schema for it once: "
        f"CREATE SCHEMA {schema} AUTHORIZATION …",
    )


def may_not_break(place: str, run_id: str, pid: int, text: str) -> Failure:
    """Return the failure of a user who may not end another user's session."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot free the lock of run {run_id} on the state in {place}: this user may not end its session",
        detail=one_line(text),
        hint=f"Ask for it: GRANT pg_signal_backend TO …, or have an administrator run "
        f"SELECT pg_terminate_backend({pid}).",
    )


def stays(place: str, run_id: str) -> Failure:
    """Return the failure of a session that did not end when that was asked for."""
    return Failure(
        Cause.STATE_UNWRITABLE,
        f"cannot free the lock of run {run_id} on the state in {place}: its session has not ended yet",
        hint="Try again.",
    )
