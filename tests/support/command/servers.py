"""Servers for a lab of the command: sandbox clusters on free ports, and servers that are no Consul at all."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

from reconciler.emulator import Request, Response, SandboxOptions, World
from reconciler.emulator.serve.server import running_world
from reconciler.emulator.serve.waiting import answer
from tests.support.patience import LIMIT

STEP = 0.01  # seconds between two looks at whether an answer is still held
READS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass
class Sandbox:
    """Running clusters. The wire log is complete: `writes` are the requests that can change something."""

    world: World
    urls: dict[str, str]
    gate: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Execute writes from now on, and do not answer them before `release`."""
        self.gate.clear()

    def release(self) -> None:
        """Answer the writes that are held."""
        self.gate.set()

    @property
    def writes(self) -> list[str]:
        """Requests that are not reads."""
        return [f"{r.method} {r.cluster}{r.path}" for r in list(self.world.requests) if r.method not in READS]

    def clear(self) -> None:
        """Forget the wire log."""
        self.world.requests.clear()

    def fault(self, cluster: str, effect: str, **settings: Any) -> None:
        """Order a fault over the sandbox's own endpoint."""
        self.call(cluster, "POST", "/sandbox/faults", {"effect": effect, **settings})

    def mend(self) -> None:
        """Take back every fault."""
        self.call(next(iter(self.urls)), "DELETE", "/sandbox/faults")

    def call(self, cluster: str, method: str, path: str, body: object = None, token: str = "") -> Any:
        """Do something behind the command's back."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"X-Consul-Token": token} if token else {}
        request = urllib.request.Request(self.urls[cluster] + path, content, headers, method=method)
        with urllib.request.urlopen(request, timeout=LIMIT) as reply:
            text = reply.read()
        return json.loads(text) if text.strip() else None


_GATES: dict[int, threading.Event] = {}  # of each running world, by its id


async def _gated(world: World, cluster: str, request: Request) -> Response:
    """Answer a request; a write not before the gate of its world is open."""
    reply = await answer(world, cluster, request)
    gate = _GATES.get(id(world))
    while gate and request.method not in READS and not gate.is_set():  # noqa: ASYNC110 - it is a thread's
        await asyncio.sleep(STEP)
    return reply


@contextmanager
def sandbox(*clusters: str, **more: Any) -> Iterator[Sandbox]:
    """Serve clusters on free ports in a thread, without a leader's rhythm unless `delays` is asked for."""
    options = SandboxOptions(clusters=clusters, **{"delays": False, "log": None, **more})
    ready: list[World] = []
    gate = threading.Event()
    gate.set()
    loop = asyncio.new_event_loop()
    started, stop = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with running_world(options) as world:
            ready.append(world)
            _GATES[id(world)] = gate
            started.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    # Every connection looks for `answer` when it is made: the gate is there for as long as the servers.
    with patch("reconciler.emulator.serve.server.answer", _gated):
        thread.start()
        assert started.wait(LIMIT), "the sandbox does not start"
        world = ready[0]
        try:
            yield Sandbox(world, {name: world.url(name) for name in world.clusters}, gate)
        finally:
            _end(loop, thread, gate, stop)
            del _GATES[id(world)]


def _end(
    loop: asyncio.AbstractEventLoop, thread: threading.Thread, gate: threading.Event, stop: asyncio.Event
) -> None:
    gate.set()
    loop.call_soon_threadsafe(stop.set)
    thread.join(LIMIT)
    loop.close()


@dataclass
class Sink:
    """A server that keeps what it was asked, and with which headers."""

    url: str
    seen: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


Reply = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(reply: Reply) -> Iterator[Sink]:
    """Serve every request with `reply`, on a free port."""
    sink = Sink("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            sink.seen.append((self.command, self.path))
            sink.headers.append(dict(self.headers))
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked has gone: no news here
                reply(self)
                self.wfile.flush()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        http.shutdown()
        http.server_close()
        thread.join(LIMIT)


def answering(status: int, body: bytes, **headers: str) -> Reply:
    """A reply with these headers (`_` for `-`); a given Content-Length is kept."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def raw(content: bytes) -> Reply:
    """A reply of these bytes, after which the connection is closed."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.sendall(content)
        handler.connection.shutdown(socket.SHUT_RDWR)

    return reply
