"""The head of an HTTP request as Go's net/http server reads it: what it takes, and its words for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

LARGEST_HEAD = 1_048_576 + 4096
TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")
VERSION = re.compile(rb"HTTP/\d\.\d")
CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
HOST = re.compile(rb"[A-Za-z0-9!$%&'()*+,\-.:;=@\[\]_~]*")
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
PREFACE = ("PRI", "*", 2, 0)  # how a client of HTTP/2 begins
UNSUPPORTED = "unsupported protocol version"


class HeadError(Exception):
    """A request that Go answers before any handler sees it; the text is in the status line, too."""

    def __init__(self, status: int, reason: str, detail: str = "", body: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.line = f"{reason}: {detail}" if detail else reason
        self.body = body or f"{status} {self.line}"


def bad_request(detail: str = "") -> HeadError:
    """Return Go's 400 of a request that is none."""
    return HeadError(400, "Bad Request", detail)


@dataclass(slots=True)
class Head:
    """A request line and its headers: names in lower case, of several values the first, as Go's Get gives it.

    `length` is that of the body in bytes, None of a chunked one. `raw` is the path as it was sent.
    """

    method: str
    raw: str
    query: str
    minor: int
    headers: dict[str, str] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    length: int | None = 0

    @property
    def path(self) -> str:
        """Return the path, decoded."""
        if "%" not in self.raw and self.raw.isascii():
            return self.raw
        return unquote_to_bytes(self.raw.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    @property
    def closes(self) -> bool:
        """Say whether the connection ends with the answer."""
        words = {
            word.strip().lower() for text in self.values.get("connection", ()) for word in text.split(",")
        }
        return "close" in words or (self.minor == 0 and "keep-alive" not in words)


def head_end(buffer: bytes | bytearray, start: int = 0) -> int:
    """Return where the head that begins the buffer ends, behind its empty line; 0 where it is not whole yet.

    Lines may end in a line feed alone. A first line that is empty is a head of its own: a bad one.
    """
    if buffer[:1] == b"\n" or buffer[:2] == b"\r\n":
        return 1
    found = [place for place in (buffer.find(b"\n\r\n", start), buffer.find(b"\n\n", start)) if place >= 0]
    if not found:
        return 0
    place = min(found)
    return place + (3 if buffer[place + 1 : place + 2] == b"\r" else 2)


def parse_head(data: bytes, *, lax: bool = False) -> Head:
    """Return the head of a request; raises HeadError with what Go answers instead.

    `lax` takes an empty Content-Length for none, as Go 1.21 does.
    """
    lines = [line[:-1] if line.endswith(b"\r") else line for line in data.split(b"\n")]
    method, target, minor, major = _request_line(lines[0])
    raw, query = _target(method, target)
    head = Head(method, raw, query, minor)
    head.values = _headers(lines[1:])
    head.headers = {name: values[0] for name, values in head.values.items()}
    if len(head.values.get("host", ())) > 1:
        raise bad_request()
    head.length = _length(head, lax=lax)
    if (method, raw, major, minor) == PREFACE:
        return Head(method, raw, query, 1)
    if major != 1:
        raise HeadError(505, "HTTP Version Not Supported", UNSUPPORTED)
    _check_host(head)
    _check_names(head)
    return head


def _request_line(line: bytes) -> tuple[str, bytes, int, int]:
    method, _, rest = line.partition(b" ")
    target, _, version = rest.partition(b" ")
    if not TOKEN.fullmatch(method) or not VERSION.fullmatch(version):
        raise bad_request()
    return method.decode(), target, int(version[7:]), int(version[5:6])


def _target(method: str, target: bytes) -> tuple[str, str]:
    """Return path and query of a target: a path, an absolute URL, `*`, or an authority to connect to."""
    if not target or CONTROL.search(target):
        raise bad_request()
    text = target.decode("utf-8", "surrogateescape")
    if text == "*":
        return "*", ""
    if method == "CONNECT" and not text.startswith("/"):
        text = f"http://{text}"
    rest, _, query = text.partition("?")
    if ABSOLUTE.match(rest):
        rest = _of_absolute(rest)
    elif not rest.startswith("/"):
        raise bad_request()
    if re.search(r"%(?![0-9A-Fa-f]{2})", rest):
        raise bad_request()
    return rest, query


def _of_absolute(url: str) -> str:
    after = url.partition(":")[2]
    if not after.startswith("//"):
        return after if after.startswith("/") else ""
    authority, slash, path = after[2:].partition("/")
    if " " in authority:
        raise bad_request()
    return f"{slash}{path}"


def _headers(lines: list[bytes]) -> dict[str, list[str]]:
    """Return the values of each header; a line that begins with white space goes on with the one before."""
    if lines and lines[0][:1] in (b" ", b"\t"):
        raise bad_request()
    whole: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and whole:
            whole[-1] += b" " + line.strip(b" \t")
        elif line:
            whole.append(line)
    found: dict[str, list[str]] = {}
    for line in whole:
        name, value = _header(line)
        found.setdefault(name, []).append(value)
    return found


def _header(line: bytes) -> tuple[str, str]:
    name, colon, value = line.partition(b":")
    if not colon or (CONTROL.search(value) is not None):
        raise bad_request()
    return _name(name), value.strip(b" \t").decode("utf-8", "surrogateescape")


@lru_cache(maxsize=256)
def _name(name: bytes) -> str:
    """Return a header's name in lower case; what ends in a space as it is, for its error comes later."""
    if not TOKEN.fullmatch(name.rstrip(b" ")):
        raise bad_request()
    return name.decode("latin-1").lower()


def _check_names(head: Head) -> None:
    if " " in "".join(head.values):
        raise bad_request("invalid header name")


def _check_host(head: Head) -> None:
    if "host" not in head.values:
        if head.minor >= 1 and head.method != "CONNECT":
            raise bad_request("missing required Host header")
        return
    if not HOST.fullmatch(head.headers["host"].encode("utf-8", "surrogateescape")):
        raise bad_request("malformed Host header")


def _length(head: Head, *, lax: bool) -> int | None:
    """Return how long the body is; raises what Go says of lengths and encodings that it does not take."""
    codings = head.values.get("transfer-encoding")
    if codings is not None and head.minor >= 1:
        if len(codings) != 1 or codings[0].lower() != "chunked":
            raise HeadError(501, "Not Implemented", body="Unsupported transfer encoding")
        return None
    lengths = [one for one in head.values.get("content-length", []) if one or not lax]
    if len(set(lengths)) > 1 or any(not (one.isascii() and one.isdigit()) for one in lengths):
        raise bad_request()
    length = int(lengths[0]) if lengths else 0
    if length >= 2**63:
        raise bad_request()
    return length
