"""A cluster that is away costs one probe, however many objects it has. Requests are counted, not seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from reconciler.sdk.errors import Ambiguous, Denied, NotSent, ProviderError, Refused
from reconciler.sdk.http.client import HttpClient
from tests.support.provider_lab import Script, client, text
from tests.support.virtual import Clock

REFUSED = httpx.ConnectError("connection refused")
OK = httpx.Response(200, json=["here"])
MANY = 300


@pytest.fixture(autouse=True)
def down_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.sdk.http.circuit.DOWN_FOR", 600.0)


@pytest.fixture(autouse=True)
def _virtual_time(clock: Clock) -> None:
    """Waits take no time."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.sdk.http.retry.RetryPolicy.pause", lambda *_: 0.0)


async def all_at_once(door: HttpClient, count: int = MANY) -> set[type]:
    calls = [door.send("PUT", "/v1/config", {}) if n % 2 else door.get("/v1/x") for n in range(count)]
    return {type(item) for item in await asyncio.gather(*calls, return_exceptions=True)}


async def one_by_one(door: HttpClient, count: int = MANY) -> set[type]:
    return {found for _ in range(count) for found in await all_at_once(door, 1)}


@pytest.mark.parametrize("ask", [all_at_once, one_by_one])
async def test_who_never_answered_is_probed_once_and_tried_once_more(
    ask: Callable[[HttpClient], AsyncIterator[set[type]]],
) -> None:
    door = client(Script(REFUSED))
    assert await ask(door) == {NotSent}  # type: ignore[misc]
    assert door.requests == 2


async def test_a_cluster_that_answers_is_asked_by_all_at_once() -> None:
    door = client(Script(OK))
    await all_at_once(door)
    assert door.requests == MANY


async def test_a_cluster_that_dies_fails_calls_in_flight_then_gets_one_probe() -> None:
    door = client(Script(OK, REFUSED), parallelism=10)
    await door.get("/v1/x")
    assert await all_at_once(door) == {NotSent}
    assert door.requests <= 1 + 10 + 5  # five attempts: a cluster that answered before deserves patience
    seen = door.requests
    assert await one_by_one(door) == {NotSent}
    assert door.requests == seen


async def test_without_a_leader_one_call_waits_and_the_others_are_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    door = client(Script(text(429, "rate limit exceeded")), read_timeout=20.0, write_timeout=20.0)
    monkeypatch.undo()  # with pauses
    monkeypatch.setattr("reconciler.sdk.http.circuit.DOWN_FOR", 600.0)
    with pytest.raises(Refused):
        await door.get("/v1/x")
    seen = door.requests
    assert await one_by_one(door) == {Refused}
    assert door.requests == seen


async def test_who_takes_the_connection_and_never_answers_costs_one_timeout() -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            raise AssertionError

    door = client(Silent(), read_timeout=5.0)
    with pytest.raises(Ambiguous, match="no complete answer within"):
        await door.get("/v1/x")
    assert await one_by_one(door) == {NotSent}
    assert door.requests == 1


async def test_a_proxy_in_front_of_nobody_is_believed_after_one_read() -> None:
    door = client(Script(text(503, "<html>no healthy upstream</html>")))
    with pytest.raises(Ambiguous, match="503"):
        await door.get("/v1/x")
    seen = door.requests
    assert await all_at_once(door) == {NotSent}
    assert door.requests == seen == 4


@pytest.mark.parametrize(("reply", "kind"), [(text(403, "denied"), Denied), (text(500, "odd"), Ambiguous)])
async def test_an_error_of_the_cluster_itself_says_that_it_is_there(
    reply: httpx.Response, kind: type[ProviderError]
) -> None:
    door = client(Script(reply))
    found = await all_at_once(door, 20)
    assert kind in found
    assert NotSent not in found
    assert door.requests >= 20


async def test_a_write_that_takes_too_long_tells_of_itself_only() -> None:
    class SlowWrites(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.method != "GET":
                await asyncio.sleep(60)
            return httpx.Response(200, json=[])

    door = client(SlowWrites(), write_timeout=5.0)
    with pytest.raises(Ambiguous):
        await door.send("POST", "/v1/peering/establish", {})
    assert (await door.get("/v1/peerings")).value == []


async def test_one_slow_read_among_others_that_are_answered_opens_nothing() -> None:
    class OneSlow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60 if request.url.path == "/v1/slow" else 3.0)
            return httpx.Response(200, json=[])

    door = client(OneSlow(), read_timeout=10.0)
    await door.get("/v1/x")
    slow = asyncio.create_task(door.get("/v1/slow"))
    await door.get("/v1/x")
    with pytest.raises(Ambiguous):
        await slow
    assert (await door.get("/v1/x")).value == []


async def test_after_the_pause_one_probe_answers_for_all_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = Script(REFUSED, REFUSED, REFUSED, OK)
    door = client(script)
    await all_at_once(door)
    assert door.requests == 2
    monkeypatch.setattr(door._circuit, "_down", None)  # the moment is over
    assert await all_at_once(door) == {NotSent}
    assert door.requests == 3
    monkeypatch.setattr(door._circuit, "_down", None)
    await all_at_once(door)
    assert door.requests == 3 + MANY
