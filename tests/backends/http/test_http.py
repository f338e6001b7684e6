"""A state on servers that speak the protocol of Terraform's `http` backend."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import HttpPlace
from reconciler.statestore.backends.http import connect as connect_http
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure
from tests.backends.http.conftest import MakePlace, Place
from tests.backends.suite import BackendSuite, Connect, run_info

SECRET = "pa55-canary-word"
KINDS: dict[str, dict[str, Any]] = {
    "gitlab": {"etag": "weak", "separate": True},
    "no-etag": {"etag": "none"},
    "etag-ignored": {"etag": "ignored"},
    "id-not-compared": {"checks_id": False},
    "lock-repeats": {"repeats": True},
    "with-password": {"password": SECRET},
}


class TestHttp(BackendSuite):
    """The general behaviour, on a server that heeds `If-Match`."""


class TestWithoutConditions(BackendSuite):
    """The general behaviour without ETags, but for races: there the lock alone keeps runs apart."""

    @pytest.fixture
    def connect(self, make_place: MakePlace) -> Connect:
        return make_place(etag="none").connect

    async def test_of_many_that_create_one_succeeds(self, connect: Connect) -> None:
        pytest.skip("the protocol has no conditions")

    async def test_of_many_that_replace_one_succeeds(self, connect: Connect) -> None:
        pytest.skip("the protocol has no conditions")


@pytest.mark.parametrize("kind", KINDS)
async def test_runs_take_turns_on_every_kind_of_server(make_place: MakePlace, kind: str) -> None:
    place = make_place(**KINDS[kind])
    one, two = place.connect(), place.connect()
    assert await two.holder() is None
    assert await one.lock(run_info(1)) is None
    assert await two.lock(run_info(2)) == run_info(1)
    version = await one.create("head", b"one")
    await one.renew()
    version = await one.replace("head", b"two", version)
    with pytest.raises(Conflict):
        await one.replace("head", b"three", "1-aaaaaaaaaaaa")
    assert await two.get("head") == Document(b"two", version)
    await one.unlock()
    assert place.server.holder is None
    assert await two.lock(run_info(2)) is None
    await two.replace("head", b"three", version)
    with pytest.raises(Conflict):
        await one.replace("head", b"late", version)
    await two.unlock()


async def test_what_is_at_the_address_is_what_servers_of_terraform_states_take(place: Place) -> None:
    one = place.connect()
    version = await one.create("head", b"a\x00")
    serials = []
    for number in range(3):
        serials.append(json.loads(place.server.state or b"")["serial"])
        version = await one.replace("head", f"{number}".encode(), version)
    kept = json.loads(place.server.state or b"")
    assert (kept["version"], kept["resources"], kept["outputs"]) == (4, [], {})
    assert serials == [1, 2, 3]
    assert base64.b64decode(kept["reconciler"]["documents"]["head"]["data"]) == b"2"
    await one.delete("head")
    assert json.loads(place.server.state or b"")["lineage"] == kept["lineage"]


async def test_a_lock_is_written_as_terraform_writes_it(make_place: MakePlace) -> None:
    place = make_place(separate=True)
    one = place.connect()
    await one.lock(run_info(1))
    terraform = dict.fromkeys(("Info", "Created", "Path"), "")
    assert place.server.holder == {
        **terraform,
        "ID": "run-0001",
        "Operation": "apply",
        "Who": "writer-1@test",
        "Version": "0",
        "Pid": 1,
    }
    await one.create("head", b"one")
    await one.unlock()
    assert "POST /team/production?ID=run-0001" in place.server.seen
    assert place.server.seen[-1] == "DELETE /team/production/lock?ID=run-0001"


async def test_a_lock_of_terraform_is_shown(place: Place) -> None:
    place.server.holder = {"ID": "abc", "Operation": "OperationTypePlan", "Who": "ann@laptop", "Created": "x"}
    seen = await place.connect().lock(run_info(1))
    assert seen is not None
    assert (seen.id, seen.who, seen.operation, seen.pid) == ("abc", "ann@laptop", "OperationTypePlan", 0)


@pytest.mark.parametrize("body", [b"", b"locked!", b"[]", b'"x"', b'{"ID": null}'])
async def test_a_holder_that_is_not_named_has_empty_fields(place: Place, body: bytes) -> None:
    place.server.statuses["LOCK"] = 423, body
    seen = await place.connect().lock(run_info(1))
    assert seen is not None
    assert (seen.id, seen.who) == ("", "")
    assert not await place.connect().break_lock("")


async def test_a_fenced_run_writes_nothing_more_even_where_ids_are_not_compared(
    make_place: MakePlace,
) -> None:
    place = make_place(checks_id=False)
    one, two = place.connect(), place.connect()
    await one.lock(run_info(1))
    version = await one.create("head", b"one")
    assert await two.break_lock("run-0001")
    await two.lock(run_info(2))
    theirs = await two.replace("head", b"two", version)
    with pytest.raises(Conflict):
        await one.replace("head", b"late", version)
    with pytest.raises(LostLock, match="writer-2@test"):
        await one.renew()
    await one.unlock()
    assert place.server.holder is not None, "the other run's lock is still held"
    assert await two.get("head") == Document(b"two", theirs)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_run_whose_lock_was_broken_writes_nothing_while_the_lock_is_free(
    make_place: MakePlace, kind: str
) -> None:
    place = make_place(**KINDS[kind])
    one, two = place.connect(), place.connect()
    await one.lock(run_info(1))
    version = await one.create("head", b"one")
    assert await two.break_lock("run-0001")
    assert place.server.holder is None
    for call in (one.replace("head", b"late", version), one.create("a", b"late"), one.delete("head")):
        with pytest.raises(LostLock, match="broken"):
            await call
    with pytest.raises(LostLock):
        await one.renew()
    assert place.server.holder is None
    assert await two.get("head") == Document(b"one", version)
    await one.lock(run_info(3))
    await one.replace("head", b"of another run", version)


async def test_a_write_under_a_lost_lock_is_refused_by_a_server_that_compares_ids(place: Place) -> None:
    one, two = place.connect(), place.connect()
    await one.lock(run_info(1))
    version = await one.create("head", b"one")
    await two.break_lock("run-0001")
    await two.lock(run_info(2))
    with pytest.raises(LostLock, match="broken"):
        await one.replace("head", b"late", version)


async def test_a_write_of_who_has_no_lock_is_refused_by_a_server_that_compares_ids(place: Place) -> None:
    one, two = place.connect(), place.connect()
    version = await one.create("head", b"one")
    await two.lock(run_info(2))
    with pytest.raises(LostLock, match="writer-2@test"):
        await one.replace("head", b"late", version)


@pytest.mark.parametrize("kind", ["strong", "none"])
async def test_a_lost_answer_is_unsure_and_the_write_is_done_once(make_place: MakePlace, kind: str) -> None:
    place = make_place(etag=kind)
    one = place.connect()
    place.server.drops = ["LOCK"]
    with pytest.raises(Unsure):
        await one.lock(run_info(1))
    assert await one.lock(run_info(1)) is None, "the lock is our own"
    place.server.drops = ["POST"]
    with pytest.raises(Unsure):
        await one.create("head", b"one")
    found = await one.get("head")
    assert found is not None
    assert found.data == b"one"
    place.server.drops = ["POST"]
    with pytest.raises(Unsure):
        await one.replace("head", b"two", found.version)
    with pytest.raises(Conflict):
        await one.replace("head", b"two", found.version)
    writes = [item for item in place.server.seen if item.startswith("POST")]
    assert writes == ["POST /team/production?ID=run-0001"] * 2
    place.server.drops = ["UNLOCK"]
    with pytest.raises(Unsure):
        await one.unlock()
    assert place.server.holder is None


@pytest.mark.parametrize("kind", KINDS)
async def test_looking_for_the_holder_leaves_no_lock_behind(make_place: MakePlace, kind: str) -> None:
    place = make_place(**KINDS[kind])
    one = place.connect()
    await one.get("head")
    place.server.drops = ["POST" if place.server.separate else "LOCK"]
    assert await one.holder() is None
    assert place.server.drops == []
    assert place.server.holder is None


async def test_a_state_that_went_away_is_not_kept_from_before(place: Place) -> None:
    one = place.connect()
    await one.create("head", os.urandom(1000))
    assert await one.get("head") == await one.get("head")
    kept, place.server.state = place.server.state, None
    assert await one.get("head") is None
    place.server.state = kept
    assert await one.get("head") is not None


async def test_chunks_that_are_written_at_once_are_all_there(make_place: MakePlace) -> None:
    place = make_place(etag="none")
    one = place.connect()
    keys = [f"generations/000001-a/{number}" for number in range(8)]
    await asyncio.gather(*(one.create(key, os.urandom(640 << 10)) for key in keys))
    assert await one.keys("generations/") == keys


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the answer is empty"),
        (b"<html>", "it is not JSON"),
        (b'{"version": 4, "terraform_version": "1.9.0", "serial": 3}', "it is a state of Terraform"),
        (b"[]", "it is no state of reconciler"),
        (b'{"reconciler": {"format": 2}}', "it has format 2, and this reconciler knows format 1"),
        (b'{"reconciler": {"format": 1, "documents": {"head": {"data": "?"}}}}', "it is damaged"),
    ],
)
async def test_what_is_no_state_of_ours_is_never_written_over(place: Place, content: bytes, why: str) -> None:
    place.server.state = content
    one = place.connect()
    for call in (one.get("head"), one.keys(""), one.create("head", b"x"), one.delete("head")):
        with pytest.raises(Failure) as caught:
            await call
        assert caught.value.cause is Cause.STATE_UNREADABLE
        assert why in caught.value.summary
    assert place.server.state == content


@pytest.mark.parametrize(
    ("method", "status", "words"),
    [
        ("GET", 401, "RECONCILER_HTTP_PASSWORD"),
        ("GET", 302, "redirects are not followed"),
        ("POST", 403, "RECONCILER_HTTP_PASSWORD"),
        ("POST", 413, "raise its limit"),
        ("LOCK", 405, "lock_method"),
        ("LOCK", 404, "lock_address"),
        ("LOCK", 501, "lock_method"),
    ],
)
async def test_a_refusal_says_what_to_do(place: Place, method: str, status: int, words: str) -> None:
    place.server.statuses[method] = status, b"no"
    one = place.connect()
    with pytest.raises(Failure) as caught:
        await (one.lock(run_info(1)) if method == "LOCK" else one.create("head", b"x"))
    expected = Cause.STATE_UNREADABLE if method == "GET" else Cause.STATE_UNWRITABLE
    assert caught.value.cause is expected
    assert place.server.address in caught.value.summary
    assert words in caught.value.hint


@pytest.mark.parametrize("method", ["GET", "POST", "LOCK"])
async def test_an_error_of_the_server_leaves_open_what_was_done(place: Place, method: str) -> None:
    place.server.statuses[method] = 503, b"upstream"
    one = place.connect()
    with pytest.raises(Unsure):
        await (one.lock(run_info(1)) if method == "LOCK" else one.create("head", b"x"))


async def test_a_wrong_password_is_not_shown(make_place: MakePlace) -> None:
    place = make_place(password="another")
    with pytest.raises(Failure) as caught:
        await place.connect(SECRET).get("head")
    said = f"{caught.value.summary}{caught.value.detail}{caught.value.hint}"
    assert SECRET not in said
    assert base64.b64encode(f"team:{SECRET}".encode()).decode() not in said


def test_a_password_is_sent_over_tls_or_to_this_machine_only() -> None:
    place = HttpPlace("http://states.example.com/a", username="u")
    given = {"RECONCILER_HTTP_PASSWORD": SECRET}
    with pytest.raises(Failure, match="clear text") as caught:
        connect_http(place, given, Path())
    assert caught.value.cause is Cause.CREDENTIALS
    connect_http(place, {}, Path())
    connect_http(HttpPlace("http://states.example.com/a", allow_plaintext=True), given, Path())
    mixed = HttpPlace("https://a.example.com/a", lock_address="http://b.example.com/lock")
    with pytest.raises(Failure, match="clear text"):
        connect_http(mixed, given, Path())
