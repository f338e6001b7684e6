"""A small S3 server in this process, right or wrong in one point."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from xml.sax.saxutils import escape

from aiohttp import web

BUCKET = "states"


class Fault(Enum):
    """What is wrong with a server. Each answers every single request rightly but the one named here."""

    NONE = "right"
    LOSES_UPDATES = "compares, and writes a moment later"
    IGNORES_IF_MATCH = "writes whatever If-Match says"
    IGNORES_IF_NONE_MATCH = "writes whatever If-None-Match says"
    TEARS = "keeps ETags apart: for a moment the old content has the new one"
    ENCRYPTS = "has ETags that look like digests of the content, and are none: no fault"
    NOT_IMPLEMENTED = "refuses conditions as something that it does not know"


class Buckets:
    """One bucket in memory."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.objects: dict[str, tuple[str, bytes]] = {}
        self.status: dict[str, int] = {}  # by method: an answer in place of the right one
        self.requests: list[str] = []
        self.keys: set[str] = set()  # whose signatures came
        self.torn = asyncio.Event()  # set while an object is half replaced, for the first time
        self.port = 0
        self._tags = itertools.count(1)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request.method)
        self.keys |= set(re.findall(r"Credential=([^/]+)/", request.headers.get("Authorization", "")))
        data = await request.read()
        if request.method in self.status:
            number = self.status[request.method]
            return _error(number, {403: "AccessDenied", 507: "QuotaExceeded"}.get(number, "InternalError"))
        bucket, _, key = request.path.lstrip("/").partition("/")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        if not key and request.method == "GET":
            return self._list(request.query.get("prefix", ""))
        if request.method == "PUT":
            return await self._put(key, data, request)
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        found = self.objects.get(key)
        return _error(404, "NoSuchKey") if found is None else _answer(200, *found)

    async def _put(self, key: str, data: bytes, request: web.Request) -> web.Response:
        create, match = request.headers.get("If-None-Match"), request.headers.get("If-Match")
        if self.fault is Fault.NOT_IMPLEMENTED and (create or match):
            return _error(501, "NotImplemented")
        found = self.objects.get(key)
        if create and found and self.fault is not Fault.IGNORES_IF_NONE_MATCH:
            return _error(412, "PreconditionFailed")
        if match and self.fault is not Fault.IGNORES_IF_MATCH and (found is None or found[0] != match):
            return _error(412, "PreconditionFailed")
        if self.fault is Fault.LOSES_UPDATES:
            await asyncio.sleep(0.02)
        digits = 32 if self.fault is Fault.ENCRYPTS else 16
        tag = f'"{next(self._tags):0{digits}x}"'
        if self.fault is Fault.TEARS:
            tag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
            self.objects[key] = (tag, found[1] if found else data)
            self.torn.set()
            await asyncio.sleep(0.05)
        self.objects[key] = (tag, data)
        return _answer(200, tag, b"")

    def _list(self, prefix: str) -> web.Response:
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>1</Size><ETag>{escape(self.objects[key][0])}</ETag>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for key in keys
        )
        text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        return web.Response(text=text, content_type="application/xml")


def _answer(status: int, tag: str, data: bytes) -> web.Response:
    headers = {"ETag": tag, "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    return web.Response(status=status, body=data, headers=headers)


def _error(status: int, code: str) -> web.Response:
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>what {code} means</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


@asynccontextmanager
async def buckets(fault: Fault = Fault.NONE) -> AsyncIterator[Buckets]:
    """A server on a loopback port, in this loop."""
    served = Buckets(fault)
    runner = web.ServerRunner(web.Server(served.answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.port = runner.addresses[0][1]
    try:
        yield served
    finally:
        await runner.cleanup()
