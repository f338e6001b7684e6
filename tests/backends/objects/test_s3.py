"""A state in a bucket of servers that speak S3's protocol, each one that is at hand."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import S3Place
from reconciler.statestore.backends.objects import connect as connect_objects
from reconciler.statestore.backends.objects.backend import ObjectBackend
from reconciler.statestore.shared.lease import TTL, Lease
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure
from tests.backends.servers.proxy import losing_proxy
from tests.backends.servers.s3 import BUCKET, S3Server
from tests.backends.suite import BackendSuite, Connect, run_info


def backend(
    endpoint: str, prefix: str = "team/state", bucket: str = BUCKET, **other: object
) -> ObjectBackend:
    place = S3Place(bucket, prefix, region="us-east-1", endpoint=endpoint, **other)  # type: ignore[arg-type]
    return connect_objects(place, os.environ, Path())


@pytest.fixture
def prefix() -> str:
    """A place that no other test uses."""
    return f"tests/{uuid.uuid4()}"


@pytest.fixture
def connect(s3_server: S3Server, prefix: str) -> Connect:
    return lambda: backend(s3_server.endpoint, prefix)


class TestS3(BackendSuite):
    """The general behaviour."""


@pytest.mark.parametrize("times", [1, 2])
async def test_a_write_whose_answer_is_lost_is_unsure_and_done_once(
    s3_server: S3Server, prefix: str, times: int
) -> None:
    async with losing_proxy(s3_server.port) as proxy:
        one = backend(f"http://127.0.0.1:{proxy.port}", prefix)
        assert await one.get("head") is None
        proxy.lose(b"PUT ", times)
        with pytest.raises(Unsure):
            await one.create("head", b"one")
        if times == 2:
            with pytest.raises(Unsure):
                await one.create("head", b"one again")
        found = await one.get("head")
        assert found is not None
        assert found.data == b"one"
        proxy.lose(b"PUT ")
        with pytest.raises(Unsure):
            await one.replace("head", b"two", found.version)
        again = await one.get("head")
        assert again is not None
        assert again.data == b"two"
        with pytest.raises(Conflict):
            await one.replace("head", b"three", found.version)
        assert proxy.lost == times + 1


async def test_a_lock_whose_answer_is_lost_is_held_and_given_back(s3_server: S3Server, prefix: str) -> None:
    async with losing_proxy(s3_server.port) as proxy:
        one, two = backend(f"http://127.0.0.1:{proxy.port}", prefix), backend(s3_server.endpoint, prefix)
        for number in range(3):
            proxy.lose(b"/lock HTTP/")
            assert await one.lock(run_info(number)) is None
            proxy.lose(b"PUT ")
            await one.renew()
            assert await two.holder() == run_info(number)
            proxy.lose(b"PUT ")
            await one.unlock()
            assert await two.holder() is None
        assert proxy.lost >= 6


async def test_a_read_whose_answer_is_lost_is_repeated(s3_server: S3Server, prefix: str) -> None:
    async with losing_proxy(s3_server.port) as proxy:
        one = backend(f"http://127.0.0.1:{proxy.port}", prefix)
        version = await one.create("head", b"one")
        proxy.lose(b"GET ", 2)
        assert await one.get("head") == Document(b"one", version)
        assert proxy.lost == 2


async def test_a_state_of_five_megabytes_fits_in_chunks(connect: Connect) -> None:
    one = connect()
    data = os.urandom(5 << 20)
    chunks = [data[at : at + one.largest] for at in range(0, len(data), one.largest)]
    assert one.largest == 1 << 20
    for number, chunk in enumerate(chunks):
        await one.create(f"generations/000001-a/{number}", chunk)
    keys = await one.keys("generations/")
    read = [await one.get(key) for key in keys]
    assert b"".join(found.data for found in read if found) == data
    with pytest.raises(Conflict):
        await one.create(keys[0], chunks[0])


async def test_keys_are_those_of_this_place_alone(s3_server: S3Server, prefix: str) -> None:
    one, other, below = (backend(s3_server.endpoint, prefix + end) for end in ("", "x", "/sub"))
    for place in (one, other, below):
        await place.create("generations/000001-a/0", b"x")
    assert await one.keys("generations/") == ["generations/000001-a/0"]
    assert await one.keys("generations/000001") == ["generations/000001-a/0"]
    assert await one.keys("generations/000002") == []
    assert await one.keys("generation") == ["generations/000001-a/0"]


async def test_many_documents_are_listed(connect: Connect) -> None:
    one = connect()
    keys = [f"journal/{number:06d}/0" for number in range(40)]
    for key in reversed(keys):
        await one.create(key, b"x")
    assert await one.keys("journal/") == keys


async def test_a_lease_that_is_not_renewed_is_taken_over(s3_server: S3Server, prefix: str) -> None:
    dead, waiting = (backend(s3_server.endpoint, prefix) for _ in range(2))
    now = 0.0
    waiting.lease = Lease(waiting, clock=lambda: now)
    assert await dead.lock(run_info(1)) is None
    assert await waiting.lock(run_info(2)) == run_info(1)
    now += TTL
    assert await waiting.lock(run_info(2)) == run_info(1)
    now += 1
    assert await waiting.lock(run_info(2)) is None
    with pytest.raises(LostLock, match="writer-2@test"):
        await dead.renew()
    await dead.unlock()
    assert await waiting.holder() == run_info(2)


async def test_a_bucket_that_is_not_there_is_said_before_anything_is_read(s3_server: S3Server) -> None:
    one = backend(s3_server.endpoint, bucket="typo")
    calls = (
        lambda: one.get("head"),
        lambda: one.keys("generations/"),
        lambda: one.lock(run_info()),
        lambda: one.create("head", b"x"),
    )
    for call in calls:
        with pytest.raises(Failure) as caught:
            await call()
        assert caught.value.cause is Cause.STATE_UNREADABLE
        assert caught.value.summary == "cannot use the state in s3://typo/team/state: there is no bucket typo"
        assert "reconciler.yaml" in caught.value.hint


async def test_a_wrong_secret_is_said_and_not_shown(
    s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not s3_server.checks_signatures:
        pytest.skip(f"{s3_server.name} takes any credentials")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret-key")
    with pytest.raises(Failure) as caught:
        await backend(s3_server.endpoint).get("head")
    assert caught.value.summary == "cannot read the state in s3://states/team/state: access denied"
    assert "SignatureDoesNotMatch" in caught.value.detail
    assert "AWS_ACCESS_KEY_ID" in caught.value.hint
    assert "canary" not in f"{caught.value.summary}{caught.value.detail}{caught.value.hint}"
