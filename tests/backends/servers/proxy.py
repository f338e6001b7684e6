"""A TCP proxy that loses answers: the server has done what it was asked, and its client never hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class LosingProxy:
    """Passes bytes on. `lose` closes connections in place of the next answers to requests with some bytes."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._marks: list[bytes] = []
        self.port = 0
        self.lost = 0
        self.open: set[asyncio.StreamWriter] = set()

    def lose(self, request: bytes, times: int = 1) -> None:
        """Lose the answers to this many requests that contain `request`."""
        self._marks = [request] * times

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, until either end closes it."""
        self.open.add(writer)
        try:
            upstream, downstream = await asyncio.open_connection("127.0.0.1", self._to)
            self.open.add(downstream)
            doomed = asyncio.Event()
            there = asyncio.create_task(self._requests(reader, downstream, doomed))
            back = asyncio.create_task(self._answers(upstream, writer, doomed))
            await asyncio.wait([there, back], return_when=asyncio.FIRST_COMPLETED)
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            await _closed(downstream)
        finally:
            await _closed(writer)

    async def _requests(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                if self._marks and self._marks[0] in data:
                    self._marks.pop(0)
                    doomed.set()
                to.write(data)
                await to.drain()

    async def _answers(
        self, reader: asyncio.StreamReader, to: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                if doomed.is_set() and b"100 Continue" not in data:
                    self.lost += 1
                    return
                to.write(data)
                await to.drain()


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def losing_proxy(to: int) -> AsyncIterator[LosingProxy]:
    """A proxy on a loopback port to another one."""
    proxy = LosingProxy(to)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for writer in proxy.open:
            await _closed(writer)
