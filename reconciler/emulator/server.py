"""The emulator behind real sockets: one aiohttp server a cluster."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import RawRequestMessage

from .messages import Request, Response
from .options import SandboxOptions
from .waiting import answer
from .world import World

LARGEST_BODY = 64 * 1024 * 1024
HANG_S = 3600.0
ANNOUNCED = 5


def _listen(options: SandboxOptions) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    for spec in options.specs():
        sockets.append(_socket(spec.host, spec.port if options.port else 0, sockets))
    return sockets


def _socket(host: str, port: int, taken: list[socket.socket]) -> socket.socket:
    """Return a listening socket; a free port keeps clear of the five ports that others announce."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    refused = []
    try:
        while True:
            listening = socket.create_server((host, port), family=family, backlog=1024)
            listening.setblocking(False)
            number = listening.getsockname()[1]
            if port or all(abs(number - other.getsockname()[1]) > ANNOUNCED for other in taken):
                return listening
            refused.append(listening)
    finally:
        for other in refused:
            other.close()


def _make_world(options: SandboxOptions, ports: list[int]) -> World:
    epoch = datetime.now(UTC) - timedelta(seconds=time.monotonic())
    return World(
        options.specs(ports),
        time.monotonic,
        delays=options.delays,
        rng=random.SystemRandom(),
        epoch=epoch,
        log=options.log,
    )


def _handler(world: World, name: str) -> Callable[[web.BaseRequest], object]:
    async def serve_one(request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read() if request.body_exists else b""
        headers = {key.lower(): value for key, value in request.headers.items()}
        plain = Request(request.method, request.path, request.rel_url.raw_query_string, headers, body)
        return await _deliver(request, await answer(world, name, plain))

    return serve_one


def _request(
    message: RawRequestMessage,
    payload: StreamReader,
    protocol: web.RequestHandler,
    writer: AbstractStreamWriter,
    task: asyncio.Task[None],
) -> web.BaseRequest:
    """Take bodies as large as a big exported-services entry, not only aiohttp's one megabyte."""
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)


async def _deliver(request: web.BaseRequest, reply: Response) -> web.StreamResponse:
    if reply.broken == "hangs":
        await asyncio.sleep(HANG_S)
    if reply.broken:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("dropped on order")
    return web.Response(status=reply.status, headers=reply.headers, body=reply.body)


@asynccontextmanager
async def running_world(options: SandboxOptions) -> AsyncIterator[World]:
    """Serve the sandbox while the context is open; yields its World, so that tests can order faults."""
    sockets = _listen(options)
    world = _make_world(options, [listening.getsockname()[1] for listening in sockets])
    runners = []
    try:
        for name, listening in zip(world.clusters, sockets, strict=True):
            server = web.Server(_handler(world, name), request_factory=_request, access_log=None)  # type: ignore[arg-type]
            runner = web.ServerRunner(server, shutdown_timeout=0.1)
            await runner.setup()
            runners.append(runner)
            await web.SockSite(runner, listening, backlog=1024).start()
        yield world
    finally:
        for runner in runners:
            await runner.cleanup()
        for listening in sockets:
            listening.close()


@asynccontextmanager
async def running(options: SandboxOptions) -> AsyncIterator[dict[str, str]]:
    """Serve the sandbox while the context is open; yields {cluster: base URL}."""
    async with running_world(options) as world:
        yield {name: world.url(name) for name in world.clusters}


async def serve(options: SandboxOptions, *, ready: Callable[[dict[str, str]], None]) -> None:
    """Serve the sandbox until cancelled; `ready` gets {cluster: base URL} once it answers."""
    async with running(options) as urls:
        ready(urls)
        await asyncio.Event().wait()


def run(options: SandboxOptions, *, ready: Callable[[dict[str, str]], None]) -> None:
    """Serve the sandbox until SIGINT or SIGTERM."""

    async def until_signal() -> None:
        task = asyncio.ensure_future(serve(options, ready=ready))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_signal())
