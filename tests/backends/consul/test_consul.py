"""A state in Consul's KV store, on the sandbox and on every real version at hand."""

from __future__ import annotations

import asyncio
import base64
import os

import pytest

from reconciler.statestore.backends.consul.backend import LARGEST, LOCK_DELAY, TTL
from reconciler.statestore.shared.ports import LostLock, Unsure
from tests.backends.consul.conftest import Place, Server
from tests.backends.suite import BackendSuite, Connect, run_info, taken


class TestConsul(BackendSuite):
    """The general behaviour."""


async def test_a_write_is_one_transaction_that_checks_the_lock_and_the_index(place: Place) -> None:
    one, two = place.connect(), place.connect()
    await one.lock(run_info(1))
    version = await one.create("head", b"one")
    # The session is gone and nobody has the lock yet: the index alone would let the write pass.
    place.call("PUT", f"/v1/session/destroy/{place.session}")
    for write in (
        one.replace("head", b"late", version),
        one.create("generations/000001-a/0", b"late"),
        one.delete("head"),
        one.renew(),
    ):
        with pytest.raises(LostLock):
            await write
    found = await two.get("head")
    assert found is not None
    assert (found.data, found.version) == (b"one", version)
    assert await two.keys("generations/") == ()


async def test_a_lock_that_was_taken_away_is_lost_though_its_session_lives(place: Place) -> None:
    one, two = place.connect(), place.connect()
    await one.lock(run_info(1))
    session = place.session
    place.call("DELETE", "/v1/kv/{path}/.lock")
    with pytest.raises(LostLock):
        await one.renew()
    with pytest.raises(LostLock):
        await one.create("head", b"late")
    assert await two.lock(run_info(2)) is None
    await one.unlock()
    assert place.call("GET", f"/v1/session/info/{session}") == []
    assert await two.holder() == run_info(2)
    await two.unlock()


async def test_a_release_is_seen_at_once_and_an_ended_session_after_the_delay(place: Place) -> None:
    one, two = place.connect(), place.connect()
    await one.lock(run_info(1))
    await one.unlock()
    assert await two.lock(run_info(2)) is None, "a lock that was given back is free"
    session = place.session
    place.call("PUT", f"/v1/session/destroy/{session}")
    assert await one.holder() is None
    seen = await one.lock(run_info(1))
    assert seen is not None, "the lock delay"
    assert (seen.id, "Consul keeps its lock" in seen.info) == (run_info(2).id, True)
    await taken(one, run_info(1))
    assert [item["ID"] for item in place.sessions] == [place.session], "no session is left"
    await one.unlock()
    assert place.sessions == []


async def test_a_session_has_a_time_to_live_and_does_not_hang_on_the_node(place: Place) -> None:
    one = place.connect()
    await one.lock(run_info(1))
    (session,) = place.sessions
    assert session["TTL"] == f"{TTL}s"
    assert session["LockDelay"] == LOCK_DELAY * 1_000_000_000
    assert session["Behavior"] == "release"
    assert session["NodeChecks"] in ([], None)
    await one.unlock()


async def test_five_megabytes_fit_in_chunks_and_no_byte_more_than_the_limit(connect: Connect) -> None:
    one = connect()
    await one.lock(run_info(1))
    data = os.urandom(5 << 20)
    chunks = [data[at : at + LARGEST] for at in range(0, len(data), LARGEST)]
    await asyncio.gather(*(one.create(f"generations/000001-a/{i}", chunk) for i, chunk in enumerate(chunks)))
    found = [await one.get(f"generations/000001-a/{i}") for i in range(len(chunks))]
    assert b"".join(item.data for item in found if item is not None) == data
    await one.unlock()


async def test_keys_of_another_place_are_none_of_ours(place: Place) -> None:
    one, other = place.connect(), place.server.backend(f"{place.path}-2")
    await one.create("generations/000001-a/0", b"x")
    await other.create("generations/000001-b/0", b"x")
    await one.lock(run_info(1))
    assert await one.keys("") == ("generations/000001-a/0",), "the lock's key is no document"
    assert await other.holder() is None
    await one.unlock()
    await other.close()


async def test_what_somebody_else_wrote_there_is_read_as_it_is(place: Place) -> None:
    one = place.connect()
    place.call("PUT", "/v1/kv/{path}/empty", None)
    place.call(
        "PUT", "/v1/txn", [{"KV": {"Verb": "set", "Key": f"{place.path}/.lock", "Value": text("no JSON")}}]
    )
    found = await one.get("empty")
    assert found is not None
    assert found.data == b""
    assert await one.holder() is None
    assert not await one.break_lock("")
    assert await one.lock(run_info(1)) is None
    await one.unlock()


async def test_a_lock_of_another_program_is_shown_as_held(place: Place) -> None:
    session = place.call("PUT", "/v1/session/create", {"NodeChecks": [], "TTL": "30s"})["ID"]
    operation = {"Verb": "lock", "Key": f"{place.path}/.lock", "Value": text("mine"), "Session": session}
    place.call("PUT", "/v1/txn", [{"KV": operation}])
    seen = await place.connect().lock(run_info(1))
    assert seen is not None
    assert seen.id == ""
    place.call("PUT", f"/v1/session/destroy/{session}")


async def test_a_lock_of_a_session_that_nobody_renews_becomes_free(expiring_place: Place) -> None:
    """Twice the TTL and the lock delay at most; then the one that slept cannot write."""
    slept, other = expiring_place.connect(), expiring_place.connect()
    await slept.lock(run_info(1))
    version = await slept.create("head", b"one")
    await taken(other, run_info(2), tries=600)
    for write in (slept.replace("head", b"late", version), slept.renew()):
        with pytest.raises(LostLock):
            await write
    assert await other.replace("head", b"two", version) != version
    await slept.unlock()
    assert await other.holder() == run_info(2)
    await other.unlock()


async def test_no_server_there_is_unsure_and_not_absent() -> None:
    from tests.support.processes import free_port

    address = f"http://127.0.0.1:{free_port()}"
    one = Server(address, lambda *_: None).backend("a")
    for call in (one.get("head"), one.keys(""), one.lock(run_info(1)), one.create("head", b"x")):
        with pytest.raises(Unsure, match="did not answer"):
            await call
    await one.close()


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
