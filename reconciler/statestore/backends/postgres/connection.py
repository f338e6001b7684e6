"""The door to psycopg: one connection, one statement at a time, and what the driver's errors mean.

A session of the database ends by itself when nothing was sent for `idle` seconds, and when its client's
machine is gone. Both happen on the server, so that they also free the lock of a run that was stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from psycopg import conninfo, pq

from reconciler.model.failure import Failure
from reconciler.statestore.backends.postgres import failures

Row = tuple[Any, ...]
_ANSWER = 30.0  # seconds that an answer may take
_SETTINGS = {
    "statement_timeout": "25s",
    "idle_in_transaction_session_timeout": "20s",
    "default_transaction_isolation": "read\\ committed",
    "default_transaction_read_only": "off",
    "synchronous_commit": "on",
    "search_path": "pg_catalog",
}
_TCP = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 15_000}
_NAME = 63  # bytes of an application name that servers keep


class Gone(Exception):
    """The connection is gone, and with it its session and all that it held. Whether its last statement was
    done is not known."""


class Refused(Exception):
    """The server refuses a statement: nothing was done. `code` is the SQLSTATE."""

    def __init__(self, text: str, code: str | None) -> None:
        super().__init__(text)
        self.code = code


def parsed(dsn: str) -> dict[str, str]:
    """Return the parts of a connection string. Raises `ValueError`, without the string."""
    try:
        return {name: str(value) for name, value in conninfo.conninfo_to_dict(dsn).items()}
    except psycopg.Error:
        raise ValueError("it is no connection string") from None


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the variables of libpq in `environ` say (`PGHOST`, …), by the names of its parameters."""
    known = {one.keyword.decode(): one.envvar.decode() for one in pq.Conninfo.get_defaults() if one.envvar}
    return {keyword: environ[name] for keyword, name in known.items() if environ.get(name)}


class Connection:
    """A session of the database. Raises `Gone` and `Refused`."""

    def __init__(self, inner: psycopg.AsyncConnection[Row], settings: Mapping[str, str]) -> None:
        self._inner = inner
        self._settings = settings

    @classmethod
    async def open(
        cls, place: str, parts: Mapping[str, str], options: str, name: str, idle: float | None = None
    ) -> Connection:
        """Connect. `options` are the user's, `name` is shown by the server, `idle` is in seconds.

        Raises `Failure`.
        """
        settings = _SETTINGS | ({"idle_session_timeout": f"{int(idle * 1000)}ms"} if idle else {})
        given: dict[str, Any] = {"connect_timeout": "10", **_TCP, **parts}
        given["options"] = " ".join([options, *(f"-c {key}={value}" for key, value in settings.items())])
        given["application_name"] = name.encode()[:_NAME].decode(errors="ignore")
        try:
            connect = psycopg.AsyncConnection.connect(**given, autocommit=True, prepare_threshold=None)
            return cls(await connect, settings)
        except psycopg.Error as error:
            raise _not_connected(place, error, parts) from None

    @property
    def known_pid(self) -> int:
        """The process ID of the session as it was said when connecting: a pooler says one of its own."""
        return self._inner.info.backend_pid

    @property
    def is_open(self) -> bool:
        """Whether it is not known to be gone."""
        return not self._inner.closed

    async def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """Run one statement by itself, and return its rows."""
        try:
            async with asyncio.timeout(_ANSWER):
                cursor = await self._inner.execute(statement.encode(), values)
                return await cursor.fetchall() if cursor.description else []
        except TimeoutError as error:
            await self.close()
            raise Gone(f"no answer for {_ANSWER:g} seconds") from error
        except psycopg.Error as error:
            if self._inner.closed or self._inner.broken:
                raise Gone(_text(error)) from error
            raise Refused(_text(error), error.sqlstate) from error

    async def settle(self) -> None:
        """Make the settings of this session once more, in the session itself."""
        for name, value in self._settings.items():
            await self.rows("SELECT set_config(%s, %s, false)", [name, value.replace("\\", "")])

    async def close(self) -> None:
        """Close it; fine where it is gone."""
        with suppress(psycopg.Error, OSError):
            await self._inner.close()


def _text(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).partition("\n")[0] or type(error).__name__


def _not_connected(place: str, error: psycopg.Error, parts: Mapping[str, str]) -> Failure:
    text = " ".join(str(error).split())
    for secret in filter(None, (parts.get("password"), parts.get("sslpassword"))):
        text = text.replace(secret, "(sensitive value)")
    if "idle_session_timeout" in text and "unrecognized" in text:
        return failures.old_server(place)
    if "unsupported startup parameter" in text:
        return failures.without_options(place)
    return failures.unreachable(place, text)
