"""The HTTP door: every failure has a type, nothing leaks, nothing is followed, nothing runs away."""

from __future__ import annotations

import asyncio
import base64
import http.server
import inspect
import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from reconciler.sdk import errors
from reconciler.sdk.errors import Ambiguous, Denied, Invalid, NotSent, ProviderError, Refused
from reconciler.sdk.http.circuit import DOWN_FOR
from reconciler.sdk.http.client import QUICK, HttpClient
from reconciler.sdk.http.errors import from_transport, retry_after
from reconciler.sdk.provider import ClusterConfig, Settings
from reconciler.sdk.secrets.secret import Secret
from reconciler.sdk.text import one_line
from tests.support.provider_lab import Script, client, text
from tests.support.tables import each
from tests.support.virtual import Clock

CANARY = "canary-7c1e-token"
PATIENCE = 60.0  # seconds until a call that hangs is given up; nothing here takes as long

EXPECTED = {
    "ConnectError": NotSent,
    "ConnectTimeout": NotSent,
    "PoolTimeout": NotSent,
    "ProxyError": NotSent,
    "UnsupportedProtocol": Invalid,
    "LocalProtocolError": Invalid,
    "TooManyRedirects": Invalid,
    "InvalidURL": Invalid,
    "HTTPError": Ambiguous,
    "RequestError": Ambiguous,
    "TransportError": Ambiguous,
    "TimeoutException": Ambiguous,
    "ReadTimeout": Ambiguous,
    "WriteTimeout": Ambiguous,
    "NetworkError": Ambiguous,
    "ReadError": Ambiguous,
    "WriteError": Ambiguous,
    "CloseError": Ambiguous,
    "ProtocolError": Ambiguous,
    "RemoteProtocolError": Ambiguous,
    "DecodingError": Ambiguous,
    "HTTPStatusError": Ambiguous,
    "StreamError": Ambiguous,
    "StreamConsumed": Ambiguous,
    "StreamClosed": Ambiguous,
    "ResponseNotRead": Ambiguous,
    "RequestNotRead": Ambiguous,
}


def httpx_exceptions() -> list[type[Exception]]:
    named = (getattr(httpx, name) for name in httpx.__all__)
    found = [item for item in named if inspect.isclass(item) and issubclass(item, Exception)]
    # CookieConflict is raised by a cookie jar, which the door does not have.
    return [item for item in found if item is not httpx.CookieConflict]


def an_instance(kind: type[Exception]) -> Exception:
    if kind is httpx.HTTPStatusError:
        request = httpx.Request("GET", "http://x")
        return kind("x", request=request, response=httpx.Response(500))  # type: ignore[call-arg]
    silent = (httpx.StreamConsumed, httpx.StreamClosed, httpx.ResponseNotRead, httpx.RequestNotRead)
    return kind() if issubclass(kind, silent) else kind("x")


def test_the_table_names_every_exception_of_httpx() -> None:
    assert {kind.__name__ for kind in httpx_exceptions()} == set(EXPECTED)


@each("kind", httpx_exceptions())
def test_every_exception_of_httpx_is_mapped(kind: type[Exception]) -> None:
    error = from_transport(an_instance(kind), "dc1", "127.0.0.1:1")
    assert type(error) is EXPECTED[kind.__name__]


def test_a_bug_of_ours_is_not_taken_for_a_network_fault() -> None:
    assert from_transport(KeyError("x"), "dc1", "127.0.0.1:1") is None


async def test_a_write_is_never_repeated_after_an_answer_that_says_nothing() -> None:
    script = Script(httpx.ReadError("reset"))
    with pytest.raises(Ambiguous):
        await client(script).send("PUT", "/v1/config", {})
    assert len(script.seen) == 1


async def test_a_read_is_repeated() -> None:
    door = client(Script(httpx.ReadError("reset"), text(502, "bad gateway"), httpx.Response(200, json=[1])))
    assert (await door.get("/v1/x")).value == [1]
    assert door.requests == 3


async def test_a_write_is_repeated_when_the_server_did_nothing() -> None:
    door = client(Script(text(429, "slow down", retry_after="0"), httpx.Response(200, json=True)))
    assert (await door.send("PUT", "/v1/config", {})).value is True
    assert door.requests == 2


async def test_refusals_end_with_the_deadline(clock: Clock) -> None:
    door = client(Script(text(429, "slow down")), write_timeout=20.0)
    began = clock()
    with pytest.raises(Refused):
        await door.send("PUT", "/v1/config", {})
    assert door.requests > 2
    assert 10.0 < clock() - began <= 20.0


class Slow(Script):
    """Refuses once, then holds every request too long: so do servers without a leader."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.seen:
            self.seen.append(request)
            await asyncio.sleep(60)
        return await super().handle_async_request(request)


@pytest.mark.usefixtures("clock")
async def test_a_read_out_of_time_reports_its_last_refusal_and_a_write_does_not() -> None:
    """A write that was cut off may have been done: what was said before is not what became of it."""
    with pytest.raises(Refused, match="No cluster leader"):
        await client(Slow(text(429, "No cluster leader")), read_timeout=9.0).get("/v1/x")
    with pytest.raises(Ambiguous, match="no complete answer"):
        await client(Slow(text(429, "No cluster leader")), write_timeout=9.0).send("PUT", "/v1/config", {})


async def test_a_longer_pause_than_the_deadline_is_not_waited_for(clock: Clock) -> None:
    script = Script(text(429, "slow down", retry_after="50"))
    began = clock()
    with pytest.raises(Refused):
        await client(script, read_timeout=5.0).get("/v1/x")
    assert clock() == began
    assert len(script.seen) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("0", 0.0),
        ("9999", 60.0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_believed_within_reason(value: str, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date() -> None:
    from datetime import UTC, datetime

    now = datetime(2025, 1, 1, tzinfo=UTC)
    assert retry_after("Wed, 01 Jan 2025 00:00:07 GMT", now) == 7.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


async def test_a_cluster_that_refuses_costs_two_requests_and_then_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reconciler.sdk.http.circuit.DOWN_FOR", 600.0)
    door = HttpClient(ClusterConfig("west", f"http://127.0.0.1:{free_port()}"), Settings())
    with pytest.raises(NotSent, match=r"west did not answer \(connection refused, 127.0.0.1"):
        await door.get("/v1/x")
    assert door.requests == 2
    for _ in range(50):
        with pytest.raises(NotSent, match="connection refused"):
            await door.get("/v1/y")
    assert door.requests == 2
    await door.close()


async def test_a_cluster_that_comes_back_is_noticed_however_often_it_is_asked(clock: Clock) -> None:
    refused = httpx.ConnectError("refused")
    door = client(Script(refused, refused, httpx.Response(200, json=["back"])))
    with pytest.raises(NotSent):
        await door.get("/v1/x")
    async with asyncio.timeout_at(clock() + DOWN_FOR + 0.1):
        while True:
            try:
                assert (await door.get("/v1/x")).value == ["back"]
                break
            except NotSent:
                await asyncio.sleep(0.05)
    assert door.requests == 3


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(("seconds", "tried"), [(QUICK / 2, 2), (QUICK * 2, 1)])
async def test_who_takes_long_to_fail_at_first_contact_is_not_tried_twice(seconds: float, tried: int) -> None:
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(seconds)
            raise httpx.ConnectTimeout("")

    door = client(Silent())
    with pytest.raises(NotSent, match="timed out"):
        await door.get("/v1/x")
    assert door.requests == tried


async def test_all_first_calls_at_once_fail_together() -> None:
    door = HttpClient(ClusterConfig("west", f"http://127.0.0.1:{free_port()}"), Settings())
    results = await asyncio.gather(*(door.get("/v1/x") for _ in range(100)), return_exceptions=True)
    assert {type(item) for item in results} == {NotSent}
    assert door.requests == 2
    await door.close()


@contextmanager
def server(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    handler.log_message = lambda *_: None  # type: ignore[method-assign]
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_address[1]}"
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def redirecting(target: str, status: int) -> type[http.server.BaseHTTPRequestHandler]:
    class Redirects(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = do_POST = do_DELETE = answer

    return Redirects


@pytest.mark.parametrize("bulk", [False, True], ids=["httpx", "aiohttp"])
async def test_no_redirect_is_followed(bulk: bool) -> None:
    reached: list[str] = []

    class Sink(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            reached.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_GET = do_PUT = do_POST = do_DELETE = answer

    with server(Sink) as sink:
        for status in (301, 302, 303, 307, 308):
            target = sink.replace("http://", "http://user:pass@") + f"/?token={CANARY}"
            with server(redirecting(target, status)) as address:
                door = HttpClient(ClusterConfig("dc1", address, Secret(CANARY)), Settings())
                door.settings.traffic.begun = 1000 if bulk else 0
                for method in ("PUT", "POST", "DELETE"):
                    with pytest.raises(Invalid, match=r"redirects to 127\.0\.0\.1"):
                        await door.send(method, "/v1/x", {"a": 1})
                with pytest.raises(Invalid) as caught:
                    await door.get("/v1/x")
                assert "token" not in caught.value.message
                assert "user" not in caught.value.message
                await door.close()
    assert reached == []


def every_text(error: BaseException) -> str:
    """All that an exception could show: itself, its parts, and everything chained to it."""
    out, todo, seen = [], [error], set()
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        out.append(f"{item!r} {item} {item.args!r} {vars(item)!r}")
        todo += [part for part in (item.__cause__, item.__context__) if part is not None]
    return "\n".join(out)


async def test_no_secret_comes_back_out(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    inner = "11111111-canary-2222"
    token = base64.b64encode(json.dumps({"EstablishmentSecret": inner}).encode()).decode()
    echoes = [
        lambda request: text(500, f"{request.headers['x-consul-token']} {request.content.decode()} {inner}"),
        lambda request: text(403, f"token {CANARY} with {token} and {inner} was refused"),
    ]
    for echo in echoes:
        door = client(Script(echo), token=CANARY)
        with pytest.raises(ProviderError) as caught:
            await door.send(
                "POST", "/v1/x", {"PeeringToken": Secret(token)}, secrets=[Secret(token), Secret(inner)]
            )
        shown = every_text(caught.value) + caplog.text
        for secret in (CANARY, token, inner):
            assert secret not in shown
        assert "(sensitive value)" in caught.value.message


@each("bulk", [False, True], ids=["httpx", "aiohttp"])
@each("odd", ["\n", "\r\nX-Evil: 1", "ü", "\x00", "\u202e"])
async def test_a_token_that_no_header_can_carry_is_refused_and_not_quoted(odd: str, bulk: bool) -> None:
    door = HttpClient(ClusterConfig("dc1", "http://127.0.0.1:9", Secret(CANARY + odd)), Settings())
    door.settings.traffic.begun = 1000 if bulk else 0
    with pytest.raises(Invalid, match="no header can carry") as caught:
        await door.get("/v1/x")
    assert CANARY not in every_text(caught.value)
    await door.close()


@pytest.mark.parametrize(
    "address", ["localhost:8500", "ftp://127.0.0.1", "http://", "http://[::1", "http://a b:1"]
)
async def test_an_address_that_is_none_is_an_error_and_no_crash(address: str) -> None:
    door = HttpClient(ClusterConfig("dc1", address), Settings())
    with pytest.raises((Invalid, NotSent)):
        await door.get("/v1/x")
    await door.close()


async def test_the_token_goes_out_and_secrets_in_bodies_are_revealed_only_there() -> None:
    script = Script(httpx.Response(200, json=True))
    await client(script, token=CANARY).send("POST", "/v1/x", {"PeeringToken": Secret("abc-def")})
    assert script.seen[0].headers["x-consul-token"] == CANARY
    assert json.loads(script.seen[0].content) == {"PeeringToken": "abc-def"}


async def test_a_page_is_not_taken_for_an_answer() -> None:
    page = httpx.Response(200, html="<html>Sign in</html>")
    with pytest.raises(Invalid, match=r"dc1 \(127.0.0.1:8500\) answered /v1/x with text/html"):
        await client(Script(page)).get("/v1/x")
    with pytest.raises(Ambiguous):
        await client(Script(page)).send("PUT", "/v1/x", {})


async def test_broken_json_is_read_again_and_never_in_part() -> None:
    broken = httpx.Response(200, content=b'[{"a": 1}', headers={"content-type": "application/json"})
    door = client(Script(broken, httpx.Response(200, json=[{"a": 1}, {"a": 2}])))
    assert (await door.get("/v1/x")).value == [{"a": 1}, {"a": 2}]
    assert door.requests == 2


async def test_json_as_deep_as_it_gets_is_an_error_and_no_crash() -> None:
    deep = httpx.Response(200, content=b"[" * 200_000, headers={"content-type": "application/json"})
    with pytest.raises(Ambiguous):
        await client(Script(deep)).send("PUT", "/v1/x", {})


async def test_an_endless_body_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.sdk.http.wire.LARGEST_BODY", 1024)
    with pytest.raises(Invalid, match="more than"):
        await client(Script(httpx.Response(200, json=["x" * 2048]))).get("/v1/x")


async def test_compressed_answers_are_refused_not_unpacked() -> None:
    packed = httpx.Response(200, headers={"content-type": "application/json", "content-encoding": "br"})
    with pytest.raises(Invalid):
        await client(Script(packed)).get("/v1/x")


@pytest.mark.parametrize("bulk", [False, True], ids=["httpx", "aiohttp"])
async def test_a_server_that_drips_meets_the_deadline_of_the_whole_call(bulk: bool) -> None:
    """Each drip is in time for itself; they end when the client hangs up, or this test does."""
    over, asked = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    class Drips(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            loop.call_soon_threadsafe(asked.set)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            try:
                while not over.wait(0.1):
                    self.wfile.write(b" ")
                    self.wfile.flush()
            except OSError:
                return

    with server(Drips) as address:
        settings = Settings(read_timeout=0.5)
        door = HttpClient(ClusterConfig("dc1", address), settings)
        door.settings.traffic.begun = 1000 if bulk else 0
        try:
            async with asyncio.timeout(PATIENCE):
                call = asyncio.create_task(door.get("/v1/x"))
                await asked.wait()
                assert [(one.cluster, one.shown) for one in settings.awaiting.clusters()] == [
                    ("dc1", door.shown)
                ]
                with pytest.raises(Ambiguous, match="no complete answer within") as caught:
                    await call
                assert "check that its agent is not hung" in caught.value.hint
                assert not settings.awaiting.clusters()
        finally:
            over.set()
            await door.close()


@pytest.mark.parametrize("bulk", [False, True], ids=["httpx", "aiohttp"])
async def test_a_connection_lost_after_sending_is_ambiguous_on_both_transports(bulk: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            taken, _ = listening.accept()
            taken.recv(65536)
            taken.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        door = HttpClient(ClusterConfig("dc1", f"http://127.0.0.1:{listening.getsockname()[1]}"), Settings())
        door.settings.traffic.begun = 1000 if bulk else 0
        with pytest.raises(Ambiguous):
            await door.send("POST", "/v1/peering/token", {})
        assert door.requests == 1
        thread.join()
        await door.close()


@pytest.mark.parametrize("bulk", [False, True], ids=["httpx", "aiohttp"])
async def test_a_plain_server_behind_https_was_sent_nothing(bulk: bool) -> None:
    with server(http.server.BaseHTTPRequestHandler) as address:
        door = HttpClient(ClusterConfig("dc1", address.replace("http:", "https:")), Settings())
        door.settings.traffic.begun = 1000 if bulk else 0
        with pytest.raises(NotSent, match="TLS failed"):
            await door.send("PUT", "/v1/x", {})
        await door.close()


@pytest.mark.parametrize("bulk", [False, True], ids=["httpx", "aiohttp"])
async def test_a_name_that_does_not_exist(bulk: bool) -> None:
    door = HttpClient(ClusterConfig("dc1", "http://no-such-host.invalid:8500"), Settings())
    door.settings.traffic.begun = 1000 if bulk else 0
    with pytest.raises(NotSent, match="name not found"):
        await door.get("/v1/x")
    await door.close()


async def test_bad_tls_files_are_named(tmp_path: object) -> None:
    door = HttpClient(ClusterConfig("dc1", "https://127.0.0.1:1", ca_file=__file__), Settings())
    with pytest.raises(Invalid, match="TLS files of dc1") as caught:
        await door.get("/v1/x")
    assert __file__ in caught.value.hint


def test_tls_always_verifies_and_starts_at_1_2() -> None:
    from reconciler.sdk.http.transport import tls_context

    context = tls_context(ClusterConfig("dc1", "https://127.0.0.1:1"))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_calls_in_flight_are_bounded() -> None:
    now = high = 0

    class Slow(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal now, high
            now += 1
            high = max(high, now)
            await asyncio.sleep(0.005)
            now -= 1
            return httpx.Response(200, json=[])

    door = client(Slow(), parallelism=4)
    await asyncio.gather(*(door.get("/v1/x") for _ in range(40)))
    assert high == 4
    assert door.requests == 40


@each(
    "hostile",
    [
        *(chr(code) for code in range(0xA0) if not chr(code).isprintable()),
        "\u202e",
        "\u2066",
        "\u2028",
        "\ufeff",
    ],
)
def test_what_servers_say_cannot_steer_a_terminal(hostile: str) -> None:
    shown = one_line(f"a{hostile}b")
    assert hostile == " " or hostile not in shown
    assert shown.isprintable()


def test_long_texts_are_cut() -> None:
    assert len(one_line("x" * 10_000)) == 300


def test_importing_the_door_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = ["httpx", "aiohttp", "tenacity"]
    code = f"import sys, reconciler.sdk.http.client; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_error_type_has_a_code() -> None:
    kinds = [
        item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, ProviderError)
    ]
    assert len({kind("x").code for kind in kinds}) == len(kinds)


async def test_denied_is_not_repeated() -> None:
    script = Script(text(403, "Permission denied"))
    with pytest.raises(Denied):
        await client(script).get("/v1/x")
    assert len(script.seen) == 1
