"""One request to one cluster, over the wire: how it is built, and what comes back.

The token goes to the cluster's own address only, an answer is bounded in size and time, and an exception of a
library becomes an error by what is known.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from reconciler.sdk.errors import Invalid, ProviderError
from reconciler.sdk.http import log as http_log
from reconciler.sdk.http.errors import from_transport, no_answer
from reconciler.sdk.http.messages import Call, Received, header_value
from reconciler.sdk.http.transport import Transports, load_httpx
from reconciler.sdk.provider import ClusterConfig, Settings

if TYPE_CHECKING:
    import httpx

LARGEST_BODY = 64 * 1024 * 1024  # bytes
CONNECT_TIMEOUT = 5.0  # seconds

_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "reconciler"}


class Wire:
    """The connections to one cluster. `shown` is its host and port for messages. With `once` no library may
    repeat a request by itself.
    """

    def __init__(self, cluster: ClusterConfig, settings: Settings, token_header: str, *, once: bool) -> None:
        self._cluster = cluster
        self._traffic = settings.traffic
        self._token_header = token_header
        self._base = cluster.address.rstrip("/")
        self.shown = self._base.partition("://")[2].partition("/")[0].rpartition("@")[2] or self._base
        given = settings.transports.get(cluster.name)
        self._transports = Transports(cluster, settings.parallelism, given, once=once)

    def prepare(self) -> None:
        """Load what the next request needs: importing it takes none of the cluster's time."""
        self._transports.pick(self._traffic.begun)

    async def close(self) -> None:
        """Close all connections."""
        await self._transports.close()

    async def exchange(self, call: Call, trail: http_log.Trail) -> Received | ProviderError:
        """Send one request. Returns an error instead of raising it, so that no exception here keeps the
        request, which carries the token, in its context.
        """
        name = self._cluster.name
        try:
            async with asyncio.timeout_at(call.deadline):
                return await self._carried(call, trail)
        except TimeoutError:
            return no_answer(name, self.shown, call.timeout)
        except ProviderError as error:
            return error
        except Exception as error:
            mapped = from_transport(error, name, self.shown)
            if mapped is None:
                raise
            return mapped

    async def _carried(self, call: Call, trail: http_log.Trail) -> Received | ProviderError:
        transport = self._transports.pick(self._traffic.begun)
        request = self._request(load_httpx(), call)
        if http_log.log.isEnabledFor(logging.DEBUG):
            trail.connection = "reused" if self._transports.tells_connections(transport) else ""
            request.extensions["trace"] = trail.trace
        response = await transport.handle_async_request(request)
        try:
            body = bytearray()
            async for chunk in response.stream:  # type: ignore[union-attr]
                body += chunk
                if len(body) > LARGEST_BODY:
                    return Invalid(
                        f"{self._cluster.name} sent more than {LARGEST_BODY >> 20} MiB in one answer"
                    )
        finally:
            await response.aclose()
        return Received(response.status_code, response.headers, bytes(body))

    def _request(self, httpx: Any, call: Call) -> httpx.Request:
        """Return the request, built by hand: `AsyncClient` would cost as much again as the whole exchange."""
        read = call.timeout
        extensions: dict[str, Any] = {
            "timeout": {"connect": CONNECT_TIMEOUT, "read": read, "write": read, "pool": read}
        }
        if self._cluster.server_name:
            extensions["sni_hostname"] = self._cluster.server_name
        url = self._base + call.path + (f"?{urlencode(call.query)}" if call.query else "")
        return httpx.Request(  # type: ignore[no-any-return]
            call.method, url, headers=self._headers(call), content=call.content, extensions=extensions
        )

    def _headers(self, call: Call) -> dict[str, str]:
        headers = dict(_HEADERS)
        if self._cluster.token:
            headers[self._token_header] = header_value(self._cluster.token, self._cluster.name)
        if call.content is not None:
            headers["Content-Type"] = "application/json"
        headers.update(call.headers)
        return headers
