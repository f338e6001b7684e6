"""fake-gcs-server behind a translator: obstore speaks Google's XML API, the server only the JSON one.

What it shows is less than a server that speaks the XML API would: the conditions are the server's, the form
of requests and answers is the translator's.
"""

from __future__ import annotations

import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

import aiohttp
from aiohttp import web

from tests.backends.servers.binaries import needed
from tests.support.patience import answers, wait_for
from tests.support.processes import ended, free_port, started

BUCKET = "states"


@contextmanager
def fake_gcs_server(folder: Path) -> Iterator[int]:
    """The port of a server with the bucket `BUCKET`; it speaks the JSON API."""
    program, port = needed("fake-gcs-server"), free_port()
    where = ["-host", "127.0.0.1", "-port", str(port), "-public-host", f"127.0.0.1:{port}"]
    process = started([str(program), "-backend", "memory", "-scheme", "http", *where], folder / "log")
    try:
        wait_for(answers(lambda: _create(port) == 200), (folder / "log").read_text)
        yield port
    finally:
        ended(process)


def _create(port: int) -> int:
    url, body = f"http://127.0.0.1:{port}/storage/v1/b?project=test", f'{{"name": "{BUCKET}"}}'.encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return int(answer.status)


class Translator:
    """Puts requests of the XML API into the words of the JSON API, and the answers back."""

    def __init__(self, to: int, session: aiohttp.ClientSession) -> None:
        self._base = f"http://127.0.0.1:{to}"
        self._session = session

    async def answer(self, request: web.Request) -> web.Response:
        bucket, _, key = request.path.lstrip("/").partition("/")
        if not key:
            return await self._list(bucket, request)
        objects = f"/storage/v1/b/{bucket}/o/{quote(key, safe='')}"
        if request.method == "PUT":
            query = {"uploadType": "media", "name": key}
            if "x-goog-if-generation-match" in request.headers:
                query["ifGenerationMatch"] = request.headers["x-goog-if-generation-match"]
            path, data = f"/upload/storage/v1/b/{bucket}/o", await request.read()
            status, meta, _ = await self._ask("POST", path, query, data)
            return _answer(status, meta, b"")
        if request.method == "DELETE":
            status, _, _ = await self._ask("DELETE", objects, {})
            return _answer(204 if status < 300 else status, {}, b"")
        status, meta, _ = await self._ask("GET", objects, {})
        if status != 200:
            return _answer(status, {}, b"")
        query = {"alt": "media", "generation": str(meta["generation"])}
        status, _, data = await self._ask("GET", objects, query)
        return _answer(status, meta, data)

    async def _list(self, bucket: str, request: web.Request) -> web.Response:
        query = {"prefix": request.query.get("prefix", "")}
        status, found, _ = await self._ask("GET", f"/storage/v1/b/{bucket}/o", query)
        if status != 200:
            return _answer(status, {}, b"")
        rows = "".join(
            f"<Contents><Key>{escape(one['name'])}</Key><Size>{one['size']}</Size><ETag>x</ETag>"
            "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
            for one in found.get("items", [])
        )
        text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>"
        return web.Response(text=text, content_type="application/xml")

    async def _ask(
        self, method: str, path: str, query: dict[str, str], data: bytes | None = None
    ) -> tuple[int, dict[str, object] | dict[str, list[dict[str, str]]], bytes]:
        from yarl import URL

        url = URL(self._base + path, encoded=True).update_query(query)
        async with self._session.request(method, url, data=data) as answer:
            body = await answer.read()
            is_json = "json" in answer.content_type and query.get("alt") != "media"
            return answer.status, (await answer.json() if is_json else {}), body


def _answer(status: int, meta: dict, data: bytes) -> web.Response:  # type: ignore[type-arg]
    headers = {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    if "generation" in meta:
        headers |= {"x-goog-generation": str(meta["generation"]), "ETag": f'"{meta["generation"]}"'}
    return web.Response(status=status, body=data, headers=headers)


@asynccontextmanager
async def translator(to: int) -> AsyncIterator[int]:
    """The port of a translator, in this loop."""
    async with aiohttp.ClientSession() as session:
        runner = web.ServerRunner(web.Server(Translator(to, session).answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()
