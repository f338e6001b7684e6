"""The emulator behind httpx, in process: no sockets, the same answers."""

from __future__ import annotations

import asyncio

import httpx

from reconciler.emulator.serve.waiting import answer
from reconciler.emulator.wire.messages import Request
from reconciler.emulator.world import World


class SandboxTransport(httpx.AsyncBaseTransport):
    """Serves requests whose host and port are those of one of the world's clusters (`world.url(name)`)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._names = {(cluster.host, cluster.port): name for name, cluster in world.clusters.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; a broken connection becomes the httpx error that a real one would."""
        name = self._names.get((request.url.host, request.url.port or 80))
        if name is None:
            raise httpx.ConnectError(f"nothing listens at {request.url.netloc.decode()}", request=request)
        reply = await answer(self.world, name, await _plain(request))
        if reply.broken == "refused":
            raise httpx.ConnectError("connection refused", request=request)
        if reply.broken == "hangs":
            await _hang(request)
        if reply.broken:
            raise httpx.ReadError("connection lost", request=request)
        return httpx.Response(reply.status, headers=reply.headers, content=reply.body, request=request)


async def _plain(request: httpx.Request) -> Request:
    path = request.url.path
    query = request.url.query.decode()
    headers = {key.lower(): value for key, value in request.headers.items()}
    raw = request.url.raw_path.partition(b"?")[0].decode("ascii")
    return Request(request.method, path, query, headers, await request.aread(), raw)


async def _hang(request: httpx.Request) -> None:
    """Wait as long as the client's read timeout allows."""
    timeout = request.extensions.get("timeout", {}).get("read")
    await asyncio.sleep(3600.0 if timeout is None else timeout)
    raise httpx.ReadTimeout("no answer", request=request)
