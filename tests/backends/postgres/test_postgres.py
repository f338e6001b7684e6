"""A state in PostgreSQL, on each server that is at hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import psycopg
import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import PostgresPlace
from reconciler.statestore.backends.postgres.backend import PostgresBackend
from reconciler.statestore.backends.postgres.target import target
from reconciler.statestore.shared.ports import Backend, Conflict, LostLock, Unsure
from tests.backends.servers.postgres import PASSWORD, Postgres
from tests.backends.servers.proxy import losing_proxy
from tests.backends.suite import BackendSuite, Connect, run_info
from tests.support.patience import eventually

_open: list[PostgresBackend] = []


def backend(schema: str, idle: float = 30.0, **place: str) -> PostgresBackend:
    """A backend that is closed when the test ends."""
    _open.append(PostgresBackend(target(PostgresPlace(schema, **place), os.environ), idle))
    return _open[-1]


@pytest.fixture(autouse=True)
async def _closed() -> AsyncIterator[None]:
    yield
    while _open:
        one = _open.pop()
        await one.unlock()
        await one.close()


@pytest.fixture
def connect(schema: str) -> Connect:
    return lambda: backend(schema)


class TestPostgres(BackendSuite):
    """The general behaviour."""


async def test_nothing_is_created_by_reading(server: Postgres, schema: str) -> None:
    one = backend(schema)
    assert await one.get("head") is None
    assert await one.keys("generations/") == []
    assert await one.holder() is None
    with psycopg.connect(server.dsn) as other:
        assert other.execute("SELECT to_regnamespace(%s)", [schema]).fetchall() == [(None,)]


async def test_states_of_other_names_and_schemas_are_others(schema: str) -> None:
    places = [backend(schema), backend(schema, name="staging"), backend(f"{schema}_b")]
    for number, one in enumerate(places):
        assert await one.lock(run_info(number)) is None
        await one.create("head", str(number).encode())
    for number, one in enumerate(places):
        found = await one.get("head")
        assert found is not None
        assert found.data == str(number).encode()
        assert await one.keys("") == ["head"]
        await one.unlock()
        await one.close()


async def test_a_state_of_five_megabytes_is_one_row(schema: str, server: Postgres) -> None:
    one = backend(schema)
    data = os.urandom(5 << 20)
    await one.create("generations/000007-ab/0", data)
    found = await one.get("generations/000007-ab/0")
    assert found is not None
    assert found.data == data
    with psycopg.connect(server.dsn) as other:
        rows = other.execute(f'SELECT serial, part, superseded FROM "{schema}".generations').fetchall()
    assert rows == [(7, 0, False)]


async def test_of_one_serial_one_row_counts_and_the_other_can_still_be_read(
    schema: str, server: Postgres
) -> None:
    for number in (1, 2):
        one = backend(schema)
        await one.lock(run_info(number))
        await one.create(f"generations/000041-{number}/0", str(number).encode())
        await one.unlock()
        await one.close()
    one = backend(schema)
    assert await one.get("generations/000041-1/0") is not None
    assert await one.keys("generations/000041") == ["generations/000041-1/0", "generations/000041-2/0"]
    with psycopg.connect(server.dsn) as other:
        rows = other.execute(f'SELECT key FROM "{schema}".generations WHERE NOT superseded').fetchall()
        assert rows == [("generations/000041-2/0",)]
        with pytest.raises(psycopg.errors.UniqueViolation):
            other.execute(f'UPDATE "{schema}".generations SET superseded = false')


async def test_a_run_cannot_write_a_serial_of_a_run_that_locked_later(schema: str) -> None:
    older, newer = backend(schema), backend(schema)
    await older.lock(run_info(1))
    await older.unlock()
    await newer.lock(run_info(2))
    await newer.create("generations/000041-b/0", b"newer")
    with pytest.raises(LostLock, match="locked later"):
        await older.create("generations/000041-a/0", b"older")
    await newer.unlock()


async def test_a_version_never_comes_back(schema: str) -> None:
    one = backend(schema)
    await one.lock(run_info())
    versions = []
    for _ in range(3):
        versions.append(await one.create("head", b"same"))
        versions.append(await one.replace("head", b"same", versions[-1]))
        await one.delete("head")
    assert len(set(versions)) == 6
    await one.unlock()


async def test_a_lost_connection_is_a_lost_lock_for_every_further_write(
    schema: str, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with losing_proxy(server.port) as proxy:
        monkeypatch.setenv("PGPORT", str(proxy.port))
        one, two = backend(schema), backend(schema)
        assert await one.lock(run_info(1)) is None
        version = await one.create("head", b"one")
        proxy.lose(b"UPDATE")
        with pytest.raises(LostLock, match="its session of the database ended"):
            await one.replace("head", b"two", version)
        assert proxy.lost == 1
        found = await one.get("head")  # reading goes on, in another session
        assert found is not None
        assert found.data == b"two"
        for write in (
            one.create("x", b"x"),
            one.replace("head", b"three", found.version),
            one.delete("head"),
        ):
            with pytest.raises(LostLock):
                await write
        with pytest.raises(LostLock):
            await one.renew()
        await one.unlock()
        await eventually(lambda: is_free(two))
        assert await two.lock(run_info(2)) is None
        assert await two.get("head") == found
        await two.unlock()


async def test_without_the_lock_a_lost_answer_is_unsure(
    schema: str, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with losing_proxy(server.port) as proxy:
        monkeypatch.setenv("PGPORT", str(proxy.port))
        one = backend(schema)
        await one.create("head", b"one")
        proxy.lose(b"INSERT")
        with pytest.raises(Unsure):
            await one.create("journal/0", b"x")
        found = await one.get("journal/0")
        assert found is not None
        with pytest.raises(Conflict):
            await one.create("journal/0", b"x")
        proxy.lose(b"SELECT")
        assert await one.get("journal/0") == found
        await one.close()


async def test_a_silent_run_loses_the_lock_by_the_servers_clock(schema: str) -> None:
    silent, other = backend(schema, idle=1.0), backend(schema)
    assert await silent.lock(run_info(1)) is None
    version = await silent.create("head", b"one")
    assert await other.lock(run_info(2)) == run_info(1)
    await eventually(lambda: is_free(other))
    assert await other.lock(run_info(2)) is None
    with pytest.raises(LostLock, match=r"idle-session timeout|closed|terminat"):
        await silent.replace("head", b"two", version)
    await silent.unlock()
    assert await other.holder() == run_info(2)
    await other.unlock()


async def test_a_run_that_says_that_it_is_alive_keeps_the_lock(schema: str) -> None:
    alive, other = backend(schema, idle=2.0), backend(schema)
    assert await alive.lock(run_info(1)) is None
    for _ in range(8):
        await asyncio.sleep(alive.renew_every)
        await alive.renew()
    assert await other.holder() == run_info(1)
    await alive.unlock()


async def test_the_server_shows_who_has_the_lock(schema: str, server: Postgres) -> None:
    one = backend(schema)
    await one.lock(run_info(1))
    with psycopg.connect(server.dsn) as other:
        rows = other.execute("SELECT application_name FROM pg_stat_activity").fetchall()
    assert ("reconciler apply writer-1@test",) in rows
    await one.unlock()


async def test_a_lock_whose_run_did_not_say_who_it_is_shows_its_session(
    schema: str, server: Postgres
) -> None:
    one = backend(schema)
    await one.create("head", b"x")
    with psycopg.connect(server.dsn, application_name="somebody") as other:
        other.execute("SELECT pg_advisory_lock(%s)", [target(PostgresPlace(schema), os.environ).key])
        holder = await one.lock(run_info(1))
        assert holder is not None
        assert (holder.id, holder.who) == ("", "somebody")
        assert holder.path == f"session {other.info.backend_pid}"


async def test_a_run_that_was_stopped_before_it_said_who_it_is_is_freed_by_its_session(
    schema: str, server: Postgres
) -> None:
    one = backend(schema)
    await one.create("head", b"x")
    with psycopg.connect(server.dsn, application_name="reconciler apply ann@ci", autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [target(PostgresPlace(schema), os.environ).key])
        holder = await one.lock(run_info(1))
        assert holder is not None
        assert holder.id == f"session-{other.info.backend_pid}"
        assert not await one.break_lock("session-1")
        assert await one.break_lock(holder.id)
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    assert await one.lock(run_info(1)) is None


async def test_who_may_not_end_anothers_session_is_told_who_may(
    schema: str, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = backend(schema)
    await one.lock(run_info(1))
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE guest_{schema} LOGIN PASSWORD '{PASSWORD}'")
        admin.execute(f"GRANT USAGE ON SCHEMA {schema} TO guest_{schema}")
        admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guest_{schema}")
    monkeypatch.setenv("PGUSER", f"guest_{schema}")
    guest = backend(schema)
    with pytest.raises(Failure) as caught:
        await guest.break_lock("run-0001")
    assert caught.value.summary.startswith("cannot free the lock of run run-0001")
    assert "pg_signal_backend" in caught.value.hint
    assert "pg_terminate_backend" in caught.value.hint
    await one.renew()
    with pytest.raises(Failure, match="permission denied") as refused:
        await guest.create("head", b"x")
    assert refused.value.cause is Cause.STATE_UNWRITABLE
    await one.unlock()


async def is_free(one: Backend) -> bool:
    return await one.holder() is None


def send_half(run: PostgresBackend) -> None:
    """Send a statement without its end, as a run that is stopped there."""
    assert run._pinned is not None
    wire = run._pinned._inner.pgconn
    wire.enter_pipeline_mode()
    wire.send_query_params(b"SELECT 1", [])
    while wire.flush():
        pass


async def test_a_run_that_stops_within_a_statement_does_not_keep_the_lock(
    schema: str, server: Postgres
) -> None:
    stopped, other = backend(schema, idle=1.0), backend(schema, idle=1.0)
    assert await stopped.lock(run_info(1)) is None
    assert stopped._pinned is not None
    pid = stopped._pinned.known_pid
    send_half(stopped)

    async def is_free() -> bool:
        return await other.lock(run_info(2)) is None

    await eventually(is_free)
    with psycopg.connect(server.dsn) as asking:
        assert asking.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchall() == []


async def test_a_run_that_has_just_begun_a_statement_keeps_the_lock(schema: str) -> None:
    slow, other = backend(schema), backend(schema)
    assert await slow.lock(run_info(1)) is None
    send_half(slow)
    found = await other.lock(run_info(2))
    assert found is not None
    assert found.id == run_info(1).id
