"""An answer as bytes, as Go's net/http server and Consul's gzip handler write it."""

from __future__ import annotations

import gzip
from functools import lru_cache
from http import HTTPStatus

from reconciler.emulator.wire.http_head import Head, HeadError
from reconciler.emulator.wire.messages import Response

SMALLEST_GZIP = 1400
LARGEST_PLAIN = 2048
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def refused(error: HeadError) -> bytes:
    """Return the answer to a request that no handler sees; its body ends with the connection."""
    head = f"HTTP/1.1 {error.status} {error.line.partition(': ')[0] if error.status == 501 else error.line}"
    return (
        f"{head}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{error.body}".encode()
    )


def rendered(head: Head, reply: Response, *, close: bool, date: str) -> bytes:
    """Return an answer's bytes: compressed where asked for, in chunks where Go does not know its length."""
    body, headers = reply.body, dict(reply.headers)
    if "Vary" in headers and len(body) >= SMALLEST_GZIP and accepts_gzip(head):
        body = gzip.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers.pop("Content-Length", None)
    lines = [f"HTTP/1.{min(head.minor, 1)} {reply.status} {_reason(reply.status)}"]
    lines += [f"{canonical(name)}: {headers[name]}" for name in sorted(headers)]
    lines.append(f"Date: {date}")
    chunked = "Content-Length" not in headers and len(body) > LARGEST_PLAIN
    if not chunked and "Content-Length" not in headers and _has_length(head, reply):
        lines.append(f"Content-Length: {len(body)}")
    kept = head.minor == 0 and not head.closes
    if kept and not chunked:
        lines.append("Connection: keep-alive")
    if close and head.minor >= 1:
        lines.append("Connection: close")
    if chunked and head.minor >= 1:
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    text = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return text if head.method == "HEAD" else text + body


def _has_length(head: Head, reply: Response) -> bool:
    """Go leaves the length of an empty answer to HEAD away."""
    return head.method != "HEAD" or bool(reply.body)


def ends_connection(head: Head, reply: Response) -> bool:
    """Say whether the end of the connection is the end of this answer: HTTP/1.0 knows no chunks."""
    return head.minor == 0 and "Content-Length" not in reply.headers and len(reply.body) > LARGEST_PLAIN


def accepts_gzip(head: Head) -> bool:
    """Say whether Accept-Encoding asks for gzip with a weight above 0; only the first such header counts."""
    for item in head.headers.get("accept-encoding", "").split(","):
        coding, _, weight = item.partition(";")
        if coding.strip().lower() == "gzip":
            return _weight(weight.strip()) > 0
    return False


def _weight(text: str) -> float:
    if not text:
        return 1.0
    try:
        return min(max(float(text.removeprefix("q=")), 0.0), 1.0)
    except ValueError:
        return 0.0


@lru_cache(maxsize=256)
def canonical(name: str) -> str:
    """Return a header's name as Go writes it: X-Consul-Knownleader."""
    return "-".join(part.capitalize() for part in name.split("-"))


@lru_cache(maxsize=64)
def _reason(status: int) -> str:
    return HTTPStatus(status).phrase
