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
from typing import NamedTuple

from reconciler.emulator.core.versions import parse_version
from reconciler.emulator.routes import find_route
from reconciler.emulator.serve.channel import LARGEST_LINE, Channel
from reconciler.emulator.serve.http_connection import Connection
from reconciler.emulator.serve.options import SandboxOptions
from reconciler.emulator.serve.waiting import answer
from reconciler.emulator.world import ADMIN, World

BODIES = {"PUT", "POST", "PATCH"}
BACKLOG = 1024
ANNOUNCED = 5


class Ports(NamedTuple):
    """The sockets of one cluster: for HTTP, and for other sandboxes that peer with it."""

    http: socket.socket
    peering: socket.socket

    @property
    def number(self) -> int:
        """Return the HTTP port."""
        return int(self.http.getsockname()[1])


def _listen(options: SandboxOptions) -> list[Ports]:
    taken: list[Ports] = []
    for spec in options.specs():
        offset = 2 if parse_version(spec.version).at_least(14) else 1  # gRPC with TLS; 1.13 has gRPC alone
        taken.append(_ports(spec.host, spec.port if options.port else 0, offset, taken))
    return taken


def _ports(host: str, port: int, offset: int, taken: list[Ports]) -> Ports:
    """Return listening sockets; a free port keeps clear of the five ports that others announce."""
    refused = []
    try:
        while True:
            http = _socket(host, port)
            number = int(http.getsockname()[1])
            if port or all(abs(number - other.number) > ANNOUNCED for other in taken):
                try:
                    return Ports(http, _socket(host, number + offset))
                except (OSError, OverflowError):
                    if port:
                        http.close()
                        raise
            refused.append(http)
    finally:
        for other in refused:
            other.close()


def _socket(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
    listening.setblocking(False)
    return listening


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
    ports = _listen(options)
    world = _make_world(options, [each.number for each in ports])
    channel = Channel(world)
    kept: set[Connection] = set()
    servers: list[asyncio.Server] = []
    loop = asyncio.get_running_loop()
    try:
        async with channel.open():
            for name, each in zip(world.clusters, ports, strict=True):
                made = _connections(world, name, kept)
                servers.append(await loop.create_server(made, sock=each.http, backlog=BACKLOG))
                peers = channel.server_of(name)
                servers.append(await asyncio.start_server(peers, sock=each.peering, limit=LARGEST_LINE))
            yield world
    finally:
        for server in servers:
            server.close()
        await _end(kept)
        for each in ports:
            each.http.close()
            each.peering.close()


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
