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
from reconciler.statestore.shared.ports import Conflict
from tests.backends.objects.suite import BucketSuite, Through
from tests.backends.servers.s3 import BUCKET, S3Server
from tests.backends.suite import Connect, run_info


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


@pytest.fixture
def port(s3_server: S3Server) -> int:
    return s3_server.port


@pytest.fixture
def through(prefix: str) -> Through:
    return lambda port: backend(f"http://127.0.0.1:{port}", prefix)


class TestS3(BucketSuite):
    """The general behaviour."""


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


async def test_an_unknown_key_is_said(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    if not s3_server.checks_signatures:
        pytest.skip(f"{s3_server.name} takes any credentials")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "unknown")
    with pytest.raises(Failure, match="access denied") as caught:
        await backend(s3_server.endpoint).get("head")
    assert "access key" in caught.value.detail.lower()


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
