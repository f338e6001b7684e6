"""What a bucket's answers mean, from a server in this process that gives any of them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import AzurePlace, GcsPlace, S3Place
from reconciler.statestore.backends.objects import connect
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure
from tests.backends.objects.test_s3 import backend
from tests.backends.servers.buckets import Fault, buckets
from tests.backends.suite import BackendSuite, run_info


class Races(BackendSuite):
    """The suite without fixtures: a control calls what it needs."""

    rounds = 4


Races.__test__ = False  # type: ignore[attr-defined]


async def test_a_right_server_keeps_the_suite() -> None:
    async with buckets() as served:
        await Races().test_of_many_that_create_one_succeeds(lambda: backend(served.endpoint))
        await Races().test_of_many_that_replace_one_succeeds(lambda: backend(served.endpoint))
        await Races().test_of_many_one_gets_the_lock(lambda: backend(served.endpoint))


async def test_a_server_that_loses_updates_fails_the_suite_though_every_single_answer_is_right() -> None:
    async with buckets(Fault.LOSES_UPDATES) as served:
        one = backend(served.endpoint)
        assert await one.lock(run_info()) is None
        version = await one.create("head", b"one")
        with pytest.raises(Conflict):
            await one.create("head", b"two")
        await one.replace("head", b"two", version)
        with pytest.raises(Conflict):
            await one.replace("head", b"three", version)
        with pytest.raises(AssertionError, match="writers succeeded"):
            await Races().test_of_many_that_create_one_succeeds(lambda: backend(served.endpoint, "races"))
        with pytest.raises(AssertionError, match="writers succeeded"):
            await Races().test_of_many_that_replace_one_succeeds(lambda: backend(served.endpoint, "more"))


@pytest.mark.parametrize("has_written", [True, False])
async def test_content_and_etag_that_do_not_belong_together_are_read_again(has_written: bool) -> None:
    async with buckets(Fault.TEARS) as served:
        one, two = backend(served.endpoint), backend(served.endpoint)
        version = await one.create("head", b"one")
        if has_written:
            await two.create("journal/0", b"x")
        served.torn.clear()
        replacing = asyncio.create_task(one.replace("head", b"two", version))
        await served.torn.wait()
        assert served.objects["team/state/head"][1] == b"one", "half replaced"
        found = await two.get("head")
        assert found == Document(b"two", await replacing)


async def test_etags_that_are_no_digests_of_the_content_are_fine() -> None:
    async with buckets(Fault.ENCRYPTS) as served:
        one, two = backend(served.endpoint), backend(served.endpoint)
        version = await one.create("head", b"one")
        assert await two.get("head") == Document(b"one", version)
        await two.replace("head", b"two", version)
        served.requests.clear()
        assert (await two.get("head") or Document(b"", "")).data == b"two"
        assert served.requests == ["GET"], "known by now"


@pytest.mark.parametrize("fault", [Fault.IGNORES_IF_MATCH, Fault.IGNORES_IF_NONE_MATCH])
async def test_a_server_that_ignores_conditions_is_refused_when_the_state_is_locked(fault: Fault) -> None:
    async with buckets(fault) as served:
        for _ in range(2):
            with pytest.raises(Failure) as caught:
                await backend(served.endpoint).lock(run_info())
            assert caught.value.cause is Cause.STATE_UNWRITABLE
            assert "the server ignores conditions of writes" in caught.value.summary
            assert "another backend" in caught.value.hint
        assert await backend(served.endpoint).holder() is None


async def test_a_server_that_knows_no_conditions_is_refused() -> None:
    async with buckets(Fault.NOT_IMPLEMENTED) as served:
        with pytest.raises(Failure, match="NotImplemented") as caught:
            await backend(served.endpoint).lock(run_info())
        assert "conditional writes" in caught.value.hint


async def test_the_bucket_is_looked_at_once() -> None:
    async with buckets() as served:
        one = backend(served.endpoint)
        for _ in range(3):
            await one.get("head")
        assert served.requests == ["GET"] * 4


async def test_a_lock_costs_four_requests_after_the_first_of_a_bucket() -> None:
    async with buckets() as served:
        first = backend(served.endpoint)
        await first.lock(run_info())
        await first.unlock()
        served.requests.clear()
        one = backend(served.endpoint)
        assert await one.lock(run_info()) is None
        assert served.requests == ["GET", "GET", "PUT", "PUT", "PUT"]  # bucket, lock; lock, two conditions


@pytest.mark.parametrize(
    ("method", "cause"), [("GET", Cause.STATE_UNREADABLE), ("PUT", Cause.STATE_UNWRITABLE)]
)
async def test_what_is_forbidden_is_a_failure_with_the_rights_that_are_needed(
    method: str, cause: Cause
) -> None:
    async with buckets() as served:
        served.status = {method: 403}
        one = backend(served.endpoint)
        with pytest.raises(Failure, match="access denied") as caught:
            await one.create("head", b"x")
        assert caught.value.cause is cause
        assert caught.value.detail.startswith("AccessDenied")
        assert "s3:PutObject" in caught.value.hint


async def test_a_write_that_will_never_be_taken_is_a_failure() -> None:
    async with buckets() as served:
        served.status = {"PUT": 400}
        with pytest.raises(Failure) as caught:
            await backend(served.endpoint).create("head", b"x")
        assert caught.value.cause is Cause.STATE_UNWRITABLE


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503])
async def test_a_write_that_may_have_been_done_is_unsure_and_sent_once(status: int) -> None:
    async with buckets() as served:
        served.status = {"PUT": status}
        one = backend(served.endpoint)
        await one.get("head")
        for write in (one.create("head", b"x"), one.replace("head", b"x", '{"e_tag": "\\"1\\""}')):
            served.requests.clear()
            with pytest.raises((Unsure, Conflict)):
                await write
            assert served.requests == ["PUT"]


async def test_a_server_that_cannot_be_reached_is_a_failure_of_reads_and_unsure_for_the_lock() -> None:
    async with buckets() as served:
        one = backend(served.endpoint)
        assert await one.lock(run_info()) is None
    with pytest.raises(Unsure):
        await one.renew()
    with pytest.raises(Failure, match="cannot read the state in s3://states/team/state") as caught:
        await one.get("head")
    assert "reachable" in caught.value.hint


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("http://127.0.0.1:1", "Connection refused (127.0.0.1:1)"),
        ("https://no-such-host.invalid", "name not found (no-such-host.invalid)"),
        ("https://127.0.0.1:{}", "TLS failed: this port does not speak TLS (https) (127.0.0.1:{})"),
    ],
)
async def test_why_there_is_no_connection_is_said_and_to_where(endpoint: str, why: str) -> None:
    async with buckets() as served:
        with pytest.raises(Failure) as caught:
            await backend(endpoint.format(served.port)).get("head")
    said = f"cannot read the state in s3://states/team/state: {why.format(served.port)}"
    assert caught.value.summary == said
    assert "`state:` in reconciler.yaml" in caught.value.hint


async def test_a_broken_lock_is_lost() -> None:
    async with buckets() as served:
        one = backend(served.endpoint)
        await one.lock(run_info(1))
        assert await backend(served.endpoint).break_lock("run-0001") is True
        with pytest.raises(LostLock):
            await one.renew()


@pytest.mark.parametrize(
    "place",
    [
        S3Place("states", "a", endpoint="http://s3.example.com"),
        GcsPlace("states", "a", endpoint="http://storage.example.com"),
        AzurePlace("account", "states", "a", endpoint="http://blob.example.com"),
    ],
)
def test_plain_http_to_another_machine_is_refused_unless_it_is_allowed(
    place: S3Place | GcsPlace | AzurePlace,
) -> None:
    with pytest.raises(Failure, match=r"http://\w+\.example\.com is not encrypted") as caught:
        connect(place, os.environ, Path())
    assert "allow_plaintext" in caught.value.hint


async def test_without_credentials_it_is_said_where_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    async with buckets() as served:
        with pytest.raises(Failure) as caught:
            await backend(served.endpoint).get("head")
        assert served.requests == []
    assert caught.value.cause is Cause.STATE_UNREADABLE
    assert "no credentials were found" in caught.value.summary
    assert "AWS_ACCESS_KEY_ID" in caught.value.hint


async def test_credentials_of_a_profile_are_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    file = tmp_path / "credentials"
    file.write_text("[work]\naws_access_key_id = of-profile\naws_secret_access_key = canary\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "work")
    async with buckets() as served:
        assert await backend(served.endpoint).get("head") is None
        assert served.keys == {"of-profile"}


async def test_a_profile_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_PROFILE", "typo")
    with pytest.raises(Failure, match="typo") as caught:
        backend("http://127.0.0.1:9")
    assert "credentials" in caught.value.hint


@pytest.mark.parametrize("account", ["", "account"])
def test_an_azure_account_without_credentials_is_no_traceback(account: str) -> None:
    assert connect(AzurePlace(account, "states", "a"), os.environ, Path()).place.startswith("azure://")


def test_a_missing_file_of_google_credentials_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(Failure, match=r"gs://states/a.*/nowhere/key\.json") as caught:
        connect(GcsPlace("states", "a"), os.environ, Path())
    assert "GOOGLE_APPLICATION_CREDENTIALS" in caught.value.hint
