"""What carries the requests of one cluster: TLS, and the choice of transport.

Importing aiohttp costs as much as it saves on about 100 requests (docs/decisions/ has the measurement). So
the first calls of a run go through httpx's own transport, and what comes when more have been begun, to
whichever cluster, goes through aiohttp.

aiohttp repeats a GET, PUT or DELETE by itself when a kept-alive connection turns out to be closed, but no
POST. Writes of plugins bear it: entries are guarded by an index, and deleting a peering twice is deleting it
once. Where no call may be sent twice, httpx's own transport carries all of them.
"""

from __future__ import annotations

import ssl
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from reconciler.sdk.causes import MORE_FILES, out_of_files
from reconciler.sdk.errors import Invalid
from reconciler.sdk.provider import ClusterConfig

if TYPE_CHECKING:
    import httpx

BULK = 100  # calls of a run after which the faster transport has paid for its import


def load_httpx() -> ModuleType:
    """Return httpx without its command line, which imports rich and pygments: 0.07 s of every run."""
    if "httpx" not in sys.modules:
        sys.modules["httpx._main"] = None  # type: ignore[assignment]  # httpx does without, if it must
        import httpx

        del sys.modules["httpx._main"]
        _skip_missing("sniffio")
        return httpx
    return sys.modules["httpx"]


def _skip_missing(name: str) -> None:
    """Let each `import` of a module that is not installed fail at once.

    httpcore looks for sniffio several times a request. anyio brings it along no more, and Python searches all
    of its path again each time: half of what a request costs.
    """
    if find_spec(name) is None:
        sys.modules[name] = None  # type: ignore[assignment]


class Transports:
    """The transports of one cluster, each made when it is first needed. `given` replaces them (tests)."""

    def __init__(
        self, cluster: ClusterConfig, parallelism: int, given: object = None, *, once: bool = False
    ) -> None:
        self._cluster = cluster
        self._parallelism = parallelism
        self._given = given
        self._once = once
        self._plain: httpx.AsyncBaseTransport | None = None
        self._fast: httpx.AsyncBaseTransport | None = None
        self._tls: ssl.SSLContext | None = None

    def pick(self, calls: int) -> httpx.AsyncBaseTransport:
        """Return the transport for the next request, `calls` to all clusters having been begun so far."""
        if self._given is not None:
            return self._given  # type: ignore[return-value]
        if calls > BULK and not self._once:
            self._fast = self._fast or self._make_fast()
            return self._fast
        self._plain = self._plain or self._make_plain()
        return self._plain

    def tells_connections(self, transport: object) -> bool:
        """Say whether a transport reports when it opens a connection (httpx's own does)."""
        return transport is self._plain

    async def close(self) -> None:
        """Close what was made here; a given transport belongs to who gave it."""
        for transport in (self._plain, self._fast):
            if transport is not None:
                await transport.aclose()

    def _make_plain(self) -> httpx.AsyncBaseTransport:
        httpx = load_httpx()

        limits = httpx.Limits(max_connections=self._parallelism, max_keepalive_connections=self._parallelism)
        return httpx.AsyncHTTPTransport(  # type: ignore[no-any-return]
            verify=self._context(), trust_env=False, http2=False, limits=limits
        )

    def _make_fast(self) -> httpx.AsyncBaseTransport:
        load_httpx()
        import aiohttp
        from httpx_aiohttp import AiohttpTransport

        connector = aiohttp.TCPConnector(ssl=self._context(), limit=self._parallelism)
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
        )
        return AiohttpTransport(verify=self._context(), trust_env=False, client=session)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context(self._cluster)
        return self._tls


def tls_context(cluster: ClusterConfig) -> ssl.SSLContext:
    """Return a TLS context: ≥ 1.2, always verifying; a CA file replaces the system's roots. Raises `Invalid`
    on bad files.
    """
    if not cluster.address.startswith("https"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, and costs nothing: it loads no roots
    try:
        context = ssl.create_default_context(cafile=cluster.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if cluster.cert_file:
            context.load_cert_chain(cluster.cert_file, cluster.key_file)
    except (OSError, ValueError) as error:
        full = out_of_files(error)
        why = (
            full or getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        )
        files = ", ".join(filter(None, (cluster.ca_file, cluster.cert_file, cluster.key_file)))
        failure = Invalid(f"the TLS files of {cluster.name} cannot be used: {why}", cluster=cluster.name)
        failure.hint = MORE_FILES if full else f"check that these are PEM files that belong together: {files}"
    else:
        return context
    raise failure
