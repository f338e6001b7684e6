"""The emulator behind real sockets: one HTTP server a cluster."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from .http_connection import Connection
from .options import SandboxOptions
from .routes import find_route
from .waiting import answer
from .world import ADMIN, World

BODIES = {"PUT", "POST", "PATCH"}
BACKLOG = 1024
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
            listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
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


def _connections(world: World, name: str, kept: set[Connection]) -> Callable[[], Connection]:
    """Return what makes the connections of one cluster."""
    version = world.clusters[name].version

    def reads(method: str, path: str) -> bool:
        route = find_route(path, version)
        return path.startswith(ADMIN) or (route is not None and method in BODIES & route.methods.keys())

    lax = version.decodes_before_routing
    return lambda: Connection(partial(answer, world, name), reads, kept, lax=lax)


@asynccontextmanager
async def running_world(options: SandboxOptions) -> AsyncIterator[World]:
    """Serve the sandbox while the context is open; yields its World, so that tests can order faults."""
    sockets = _listen(options)
    world = _make_world(options, [listening.getsockname()[1] for listening in sockets])
    kept: set[Connection] = set()
    servers = []
    loop = asyncio.get_running_loop()
    try:
        for name, listening in zip(world.clusters, sockets, strict=True):
            made = _connections(world, name, kept)
            servers.append(await loop.create_server(made, sock=listening, backlog=BACKLOG))
        yield world
    finally:
        for server in servers:
            server.close()
        await _end(kept)
        for listening in sockets:
            listening.close()


async def _end(kept: set[Connection]) -> None:
    """Break every connection that is left, and wait until what served it has ended."""
    tasks = [task for connection in tuple(kept) if (task := connection.abort()) is not None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


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
