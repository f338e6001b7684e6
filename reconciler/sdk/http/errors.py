"""From what happened on the wire to the errors of providers: by what is known, not by status alone.

Nothing was sent → `NotSent`. The server says that it did nothing → `Refused`. Sent, and no trustworthy
answer → `Ambiguous`. The rest is final: `Denied`, `Invalid`.
"""

from __future__ import annotations

import errno
import math
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from reconciler.sdk.causes import MORE_FILES, out_of_files
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.errors import Ambiguous, Denied, Invalid, NotSent, ProviderError, Refused, chain
from reconciler.sdk.text import one_line

LONGEST_PAUSE = 60.0  # seconds: more than this a `Retry-After` is not believed


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is not a success. `text` is its body, scrubbed of secrets; `headers` are lower-case."""

    cluster: str
    address: str
    method: str
    path: str
    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_write(self) -> bool:
        """Whether the request may have changed something."""
        return self.method not in ("GET", "HEAD")

    def error(self, kind: type[ProviderError], *, message: str = "", hint: str = "") -> ProviderError:
        """Return an error of this kind about this reply; without `message` it says what the server said."""
        said = message or (
            f"{self.cluster} ({self.address}) answered {self.status}: {one_line(self.text) or '(empty body)'}"
        )
        return kind(
            said,
            cluster=self.cluster,
            hint=hint,
            status=self.status,
            retry_after=retry_after(self.headers.get("retry-after", "")),
        )


Judge = Callable[[Reply], ProviderError]


def by_status(reply: Reply) -> ProviderError:
    """Return what a reply means where the server's own texts are not known."""
    if 300 <= reply.status < 400:
        return _redirected(reply)
    if reply.status == 429:
        return reply.error(Refused)
    if reply.status in (401, 403):
        return reply.error(Denied)
    if reply.status >= 500:
        return reply.error(Ambiguous)
    return reply.error(Invalid)


def _redirected(reply: Reply) -> ProviderError:
    """Return the error for a redirect. It is never followed: that would send the token elsewhere. Only the
    host is shown.
    """
    from urllib.parse import urlsplit

    try:
        host = urlsplit(reply.headers.get("location", "")).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    target = f" to {one_line(host, 100)}" if host else ""
    return reply.error(
        Invalid,
        message=f"{reply.cluster} ({reply.address}) redirects{target} ({reply.status})",
        hint="redirects are not followed: set the cluster's address to the server itself",
    )


def retry_after(value: str, now: datetime | None = None) -> float | None:
    """Return the seconds of a `Retry-After` header in either form, at most a minute; `None` for anything
    else.
    """
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - (now or datetime.now(UTC))).total_seconds()
        except (ValueError, TypeError):
            return None
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_PAUSE)


def no_answer(cluster: str, address: str, seconds: float) -> Ambiguous:
    """Return the error of a call that was sent, and not answered in full within its time in seconds."""
    return Ambiguous(
        f"{cluster} ({address}) gave no complete answer within {seconds:.0f} s",
        cluster=cluster,
        hint="it accepts connections: check that its agent is not hung or overloaded, and what is between "
        "(a proxy, a firewall)",
    )


def from_transport(error: Exception, cluster: str, address: str) -> ProviderError | None:
    """Return the error for a transport's exception; `None` for one that has nothing to do with the
    network.
    """
    import httpx

    known = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError)
    # What httpx-aiohttp leaves unmapped still comes from aiohttp.
    if not isinstance(error, known) and not type(error).__module__.startswith("aiohttp"):
        return None
    full = out_of_files(error)
    if full:
        said = f"no connection to {cluster} ({address}) can be opened: {full}"
        return NotSent(said, cluster=cluster, hint=MORE_FILES)
    kind = _kind(error)
    words = {
        NotSent: f"{cluster} did not answer ({reason(error)}, {address})",
        Ambiguous: f"the connection to {cluster} ({address}) broke before its answer was complete"
        f" ({reason(error)})",
        Invalid: f"no request can be made to {cluster} ({address}): {reason(error)}",
    }
    return kind(words[kind], cluster=cluster, hint=_hint(kind, error))


def _kind(error: Exception) -> type[ProviderError]:
    import httpx

    # httpx-aiohttp maps every lost connection to ConnectTimeout, also one lost after sending.
    cause = error.__cause__
    if cause is not None and type(cause).__module__.startswith("aiohttp"):
        return _aiohttp_kind(cause)
    if type(error).__module__.startswith("aiohttp"):
        return _aiohttp_kind(error)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return NotSent
    final = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, httpx.TooManyRedirects)
    return Invalid if isinstance(error, final) else Ambiguous


def _aiohttp_kind(error: BaseException) -> type[ProviderError]:
    import aiohttp

    if isinstance(error, aiohttp.InvalidURL):
        return Invalid
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return NotSent
    return Ambiguous


def _hint(kind: type[ProviderError], error: BaseException) -> str:
    if any(isinstance(item, ssl.SSLCertVerificationError) for item in chain(error)):
        return "check the cluster's ca_file and server_name, and this machine's clock"
    if any(isinstance(item, ssl.SSLError) for item in chain(error)):
        return "check that this port speaks TLS (https) and whether it asks for a client certificate"
    if any(_is_no_http(item) for item in chain(error)):
        return "check that this is the port of its HTTP API, and not another of its ports"
    return "check that the cluster runs and that its address is right" if kind is NotSent else ""


def _is_no_http(error: BaseException) -> bool:
    """Say whether what came back does not begin as an HTTP answer does: h11's and aiohttp's words for it."""
    name = type(error).__name__
    return name in ("BadStatusLine", "BadHttpMessage") or (
        name == "RemoteProtocolError" and str(error).startswith("illegal ")
    )


_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network unreachable",
    errno.ETIMEDOUT: "timed out",
    errno.EPIPE: "connection closed",
}


def reason(error: BaseException) -> str:
    """Return why a connection failed, in a few words."""
    wrapped = list(chain(error))
    for item in wrapped:
        if isinstance(item, ssl.SSLCertVerificationError):
            said = getattr(item, "verify_message", None) or str(item)
            return f"certificate not accepted: {one_line(said, 120)}"
        if isinstance(item, ssl.SSLError):
            # aiohttp's variety of it has no reason.
            return f"TLS failed: {one_line(getattr(item, 'reason', None) or str(item), 120)}"
        if isinstance(item, socket.gaierror):
            return "name not found"
        if isinstance(item, OSError) and item.errno in _ERRNO:
            return _ERRNO[item.errno]
    if any(isinstance(item, TimeoutError) or "Timeout" in type(item).__name__ for item in wrapped):
        return "timed out"
    return one_line(str(error), 120).rstrip(".") or type(error).__name__
