"""Which database is meant, whose credentials count, and what is said where that does not work."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import PostgresPlace
from reconciler.statestore.backends.postgres import connect
from reconciler.statestore.backends.postgres.backend import PostgresBackend
from tests.backends.postgres.test_postgres import backend, is_free
from tests.backends.servers.pgbouncer import pgbouncer
from tests.backends.servers.postgres import PASSWORD, USER, Postgres
from tests.backends.suite import run_info
from tests.support.patience import eventually
from tests.support.tables import each

CANARY = "canary-pass word"


def texts(failure: Failure) -> str:
    return "\n".join((failure.summary, failure.detail, failure.hint))


async def refused(one: PostgresBackend) -> Failure:
    with pytest.raises(Failure) as caught:
        await one.get("head")
    await one.close()
    assert caught.value.cause is Cause.STATE_UNREADABLE
    assert CANARY not in texts(caught.value)
    return caught.value


@pytest.mark.parametrize("style", ["url", "words"])
async def test_the_variable_that_dsn_env_names_says_where(
    style: str, server: Postgres, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = f"host=127.0.0.1 port={server.port} user={USER} password={PASSWORD} dbname=postgres"
    monkeypatch.setenv("STATE_DSN", server.dsn if style == "url" else words)
    for name in ("PGHOST", "PGPORT", "PGPASSWORD", "PGDATABASE", "PGUSER"):
        monkeypatch.setenv(name, "wrong")
    monkeypatch.delenv("PGPORT")
    one = backend(schema, dsn_env="STATE_DSN")
    assert await one.get("head") is None
    assert one.place == f"postgres://127.0.0.1:{server.port}/postgres ({schema}.default)"


async def test_options_of_the_user_are_kept(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c idle_session_timeout=1h -c work_mem=1234kB")
    one = backend(schema)
    await one.lock(run_info())
    assert one._pinned is not None
    shown = [await one._pinned.rows(f"SHOW {name}") for name in ("work_mem", "idle_session_timeout")]
    assert shown == [[("1234kB",)], [("30s",)]]


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql://ci:{CANARY}@[h/db",
        f"host=db pass word='{CANARY}",
        CANARY,
        f"posgres://ci:{CANARY}@h/db",
    ],
)
def test_a_broken_connection_string_is_said_and_not_shown(dsn: str) -> None:
    with pytest.raises(Failure) as caught:
        connect(PostgresPlace("state", dsn_env="STATE_DSN"), {"STATE_DSN": dsn}, Path())
    assert caught.value.summary == "cannot use the state in PostgreSQL: STATE_DSN holds no connection string"
    assert "canary" not in texts(caught.value)


@each("password", ["{}@x", "x@{}", "{}/x", "x/{}", "x:{}/y@z"])
def test_a_password_that_would_be_taken_for_a_host_is_refused_and_not_shown(password: str) -> None:
    dsn = f"postgresql://ci:{password.format(CANARY)}@h:5432/db"
    with pytest.raises(Failure, match="it is not clear where the password in STATE_DSN ends") as caught:
        connect(PostgresPlace("state", dsn_env="STATE_DSN"), {"STATE_DSN": dsn}, Path())
    assert "canary" not in texts(caught.value)
    assert "%40" in caught.value.hint


@each("dsn", ["postgresql://ci:a%40b@h/db", "postgresql:///db?host=@s", "postgresql://h1,h2/db", "host=@s"])
def test_an_at_sign_in_its_place_is_fine(dsn: str) -> None:
    connect(PostgresPlace("state", dsn_env="STATE_DSN"), {"STATE_DSN": dsn}, Path())


@pytest.mark.parametrize("environ", [{}, {"STATE_DSN": ""}])
def test_a_variable_that_is_not_set_is_said(environ: dict[str, str]) -> None:
    with pytest.raises(Failure, match="the variable STATE_DSN is not set") as caught:
        connect(PostgresPlace("state", dsn_env="STATE_DSN"), environ, Path())
    assert "dsn_env" in caught.value.hint


@each("schema", ["Upper", "a-b", 'a"b', "a b", "", "9a", "a" * 64])
def test_a_schema_that_would_have_to_be_quoted_is_refused(schema: str) -> None:
    with pytest.raises(Failure, match="cannot be the schema") as caught:
        connect(PostgresPlace(schema), {}, Path())
    assert caught.value.cause is Cause.CONFIGURATION


async def test_a_wrong_password_is_said_and_not_shown(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", CANARY)
    failure = await refused(backend(schema))
    assert "password authentication failed" in failure.summary
    assert f"({schema}.default)" in failure.summary
    assert failure.hint.startswith("The user or the password is wrong")


async def test_a_wrong_database_is_said(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGDATABASE", "typo")
    failure = await refused(backend(schema))
    assert 'database "typo" does not exist' in failure.summary
    assert failure.hint.startswith("Create the database, or correct PGDATABASE.")


async def test_a_server_that_is_not_there_is_said(schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "9")
    failure = await refused(backend(schema))
    assert "Connection refused" in failure.summary
    assert "PGHOST" in failure.hint


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("ignore", ["", "options"])
async def test_a_pooler_that_shares_sessions_is_refused_by_name(
    mode: str, ignore: str, server: Postgres, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pgbouncer(server, mode, ignore=ignore) as port:
        monkeypatch.setenv("PGPORT", str(port))
        with pytest.raises(Failure) as caught:
            await backend(schema).lock(run_info())
        said = "a connection pooler in transaction mode" if ignore else "a connection pooler is in between"
        assert said in caught.value.summary
        assert "pool_mode = session" in caught.value.hint
    monkeypatch.setenv("PGPORT", str(server.port))
    other = backend(schema)
    assert await other.lock(run_info(2)) is None


async def test_a_pooler_that_keeps_sessions_apart_works(
    server: Postgres, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pgbouncer(server, "session", ignore="options") as port:
        monkeypatch.setenv("PGPORT", str(port))
        one, two = backend(schema), backend(schema)
        assert await one.lock(run_info(1)) is None
        assert await two.lock(run_info(2)) == run_info(1)
        assert await two.break_lock("run-0001") is True
        await eventually(lambda: is_free(two))
        assert await two.lock(run_info(2)) is None
        assert two._pinned is not None
        assert await two._pinned.rows("SHOW idle_session_timeout") == [("30s",)]
        for backend_ in (one, two):
            await backend_.unlock()
            await backend_.close()
