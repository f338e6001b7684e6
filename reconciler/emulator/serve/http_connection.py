"""One connection of the sandbox's HTTP server: requests in, one after the other, and answers out."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache

from reconciler.emulator.wire.http_body import Chunks
from reconciler.emulator.wire.http_head import (
    LARGEST_HEAD,
    Head,
    HeadError,
    bad_request,
    head_end,
    parse_head,
)
from reconciler.emulator.wire.http_reply import CONTINUE, ends_connection, refused, rendered
from reconciler.emulator.wire.messages import Request, Response

LARGEST_BODY = 64 * 1024 * 1024
HANG_S = 3600.0
LINGER_S = 0.5
Answer = Callable[[Request], Awaitable[Response]]
Reads = Callable[[str, str], bool]


class Connection(asyncio.Protocol):
    """Serves what comes in over one socket.

    `answer` gives the answer to a request. `reads` says whether the endpoint of a method and path takes a
    body: only then does Go answer 100 to a client that waits with one. `lax` is that of `parse_head`.
    """

    def __init__(self, answer: Answer, reads: Reads, kept: set[Connection], *, lax: bool) -> None:
        self._answer = answer
        self._reads = reads
        self._kept = kept
        self._lax = lax
        self._buffer = bytearray()
        self._more: asyncio.Future[None] | None = None
        self._ended = False
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._kept.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        """Take what came in."""
        self._buffer += data
        self._wake()

    def eof_received(self) -> bool:
        """Answer what is there, although nothing more comes."""
        self._ended = True
        self._wake()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Give up what is still being answered: it is not read any more."""
        self._kept.discard(self)
        self._transport = None
        if self._task is not None:
            self._task.cancel()

    def abort(self) -> asyncio.Task[None] | None:
        """Break the connection; returns the task that ends by it."""
        if self._transport is not None:
            self._transport.abort()
        return self._task

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    async def _wait(self) -> None:
        """Wait for more bytes; raises EOFError where none will come."""
        if self._ended:
            raise EOFError
        self._more = asyncio.get_running_loop().create_future()
        await self._more
        self._more = None

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            raise EOFError
        self._transport.write(data)

    async def _serve(self) -> None:
        try:
            with suppress(EOFError):
                while await self._serve_one():
                    pass
        except HeadError as error:
            await self._refuse(error)
        if self._transport is not None:
            self._transport.close()

    async def _refuse(self, error: HeadError) -> None:
        """Answer what is no request, and leave the client a moment to read it before the end."""
        if self._transport is None:
            return
        self._transport.write(refused(error))
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._ended = False
        with suppress(TimeoutError, EOFError):
            async with asyncio.timeout(LINGER_S):
                while True:
                    await self._wait()
                    self._buffer.clear()

    async def _serve_one(self) -> bool:
        """Answer one request; says whether the connection goes on."""
        head = await self._head()
        expect = head.headers.get("expect", "").lower()
        if expect and "100-continue" not in expect:
            return self._reply(head, Response(417, {}, b""), close=True)
        reads = self._reads(head.method, head.path)
        waits = bool(expect) and head.minor >= 1 and head.length != 0
        body = b""
        if reads or not waits:
            if waits:
                self._write(CONTINUE)
            body = await self._body(head)
        request = Request(head.method, head.path, head.query, head.headers, body, head.raw)
        try:
            reply = await self._answer(request)
        except Exception as error:
            reply = _defect(error)
        if reply.broken:
            return await self._break(reply)
        broken = not reads and waits
        return self._reply(head, reply, close=broken or bool(getattr(body, "error", "")))

    def _reply(self, head: Head, reply: Response, *, close: bool) -> bool:
        close = close or head.closes or reply.headers.pop("Connection", "") == "close"
        ends = ends_connection(head, reply)
        self._write(rendered(head, reply, close=close, date=_date(int(time.time()))))
        return not close and not ends

    async def _break(self, reply: Response) -> bool:
        if reply.broken == "hangs":
            await asyncio.sleep(HANG_S)
        if self._transport is not None:
            self._transport.abort()
        return False

    async def _head(self) -> Head:
        searched = 0
        while not (end := head_end(self._buffer, searched)):
            searched = max(len(self._buffer) - 2, 0)
            if len(self._buffer) > LARGEST_HEAD:
                raise HeadError(431, "Request Header Fields Too Large")
            first = self._buffer.find(b"\n")
            if first >= 0:
                parse_line(self._buffer[:first])
            await self._wait()
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        return parse_head(data, lax=self._lax)

    async def _body(self, head: Head) -> bytes:
        if head.length is None:
            return await self._chunked()
        if head.length > LARGEST_BODY:
            raise HeadError(413, "Request Entity Too Large")
        while len(self._buffer) < head.length:
            await self._wait()
        body = bytes(self._buffer[: head.length])
        del self._buffer[: head.length]
        return body

    async def _chunked(self) -> bytes:
        chunks = Chunks()
        while True:
            taken, self._buffer = self._buffer, bytearray()
            rest = chunks.feed(taken)
            if rest is not None:
                self._buffer[:0] = rest
                return chunks.body
            if len(chunks.content) > LARGEST_BODY:
                raise HeadError(413, "Request Entity Too Large")
            await self._wait()


def _defect(error: Exception) -> Response:
    """Return the answer where the sandbox itself fails: a client that waited for one would never know."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    text = (
        f"the sandbox failed at this request, a defect of its own: {type(error).__name__}: {error} ({place})"
    )
    return Response(500, {"Content-Type": "text/plain; charset=utf-8"}, text.encode())


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def parse_line(line: bytes | bytearray) -> None:
    """Refuse at once what is no request line: a client of TLS waits for an answer."""
    if line.count(b" ") < 2:
        raise bad_request()
