"""What goes in and out of the emulator: a request, a response, a query that waits, a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
ESCAPED = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
ESCAPED |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # half of a pair


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: method, path (decoded), raw query text, headers, body; `raw` is the path as sent."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: str = ""


@dataclass(slots=True)
class Response:
    """One HTTP answer; `delay_s` is for the adapter to sleep, `broken` names how the connection dies instead.

    `broken` is "" (answer is delivered), "refused" (nothing listens), "lost" (executed, then the connection
    drops) or "hangs" (no answer ever comes).
    """

    status: int
    headers: dict[str, str]
    body: bytes
    delay_s: float = 0.0
    broken: str = ""

    def json(self) -> Json:
        """Return the decoded body."""
        return json.loads(self.body)


@dataclass(slots=True)
class Call:
    """What another sandbox is to be asked, at one of the addresses, before a request goes on."""

    cluster: str
    addresses: list[str]
    asked: dict[str, Json]
    outcome: dict[str, Json] | None = None


@dataclass(slots=True)
class Block:
    """A blocking query that waits: hand it to `World.resume` once `ready()` holds or `deadline` has come.

    With a `call` it waits for nothing but that call's outcome.
    """

    cluster: str
    request: Request
    deadline: float
    ready: Callable[[], bool]
    last: Response | None = None
    delay_s: float = 0.0
    broken: str = ""
    restored: int = 0
    call: Call | None = None


class Refusal(Exception):
    """A request that is answered with an error: status and plain text, as Consul writes them.

    `local` is what the server that is asked says itself, before it would send the request on.
    """

    def __init__(
        self, status: int, text: str, *, headers: Mapping[str, str] | None = None, local: bool = False
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = dict(headers or {})
        self.local = local
        self.delay_s = 0.0

    def response(self) -> Response:
        """Return the refusal as a response."""
        return Response(
            self.status, {"Content-Type": TEXT, **self.headers}, self.text.encode(), delay_s=self.delay_s
        )


def dump(value: Json, *, pretty: bool = False) -> bytes:
    """Return JSON as Go writes it: characters as they are, but those of HTML escaped; compact or indented."""
    if pretty:
        text = json.dumps(value, ensure_ascii=False, indent=4) + "\n"
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(ESCAPED).encode("utf-8", "surrogatepass")


def as_json(value: Json, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(status, {"Content-Type": JSON}, dump(value))


def raw_json(body: bytes) -> Response:
    """Return a JSON response from text that is encoded already."""
    return Response(200, {"Content-Type": JSON}, body)


def as_text(text: str, status: int = 200) -> Response:
    """Return a plain text response."""
    return Response(status, {"Content-Type": TEXT}, text.encode())


def empty(status: int = 200) -> Response:
    """Return a response without a body."""
    return Response(status, {}, b"")
