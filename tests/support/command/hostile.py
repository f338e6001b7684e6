"""A relay before a sandbox cluster that puts a text at one place of an answer: what an attacker, or a chatty
proxy, may do with a token that it was sent."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import quote, urlsplit

from tests.support.command.servers import server
from tests.support.patience import LIMIT


@dataclass
class Answer:
    """An answer as bytes in the making."""

    path: str
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    chunked: tuple[str, str] | None = None  # what stands behind a chunk's size, and the trailer

    def bytes(self) -> bytes:
        """The answer on the wire; the connection ends with it."""
        headers = [*self.headers, ("Connection", "close")]
        body = self.body
        if self.chunked is not None:
            extension, trailer = self.chunked
            headers.append(("Transfer-Encoding", "chunked"))
            body = f"{len(body):x}{extension}\r\n".encode() + body + f"\r\n0\r\n{trailer}\r\n".encode()
        elif not {name for name, _ in headers} & {"Content-Length", "Transfer-Encoding"}:
            headers.append(("Content-Length", str(len(body))))
        lines = "".join(f"{name}: {value}\r\n" if name else f"{value}\r\n" for name, value in headers)
        return f"HTTP/1.1 {self.status}\r\n{lines}\r\n".encode() + body

    def header(self, name: str, value: str) -> None:
        """Set a header."""
        self.headers = [item for item in self.headers if item[0].lower() != name.lower()] + [(name, value)]

    def say(self, status: str, text: str) -> None:
        """Make an error of it."""
        self.status, self.body = status, text.encode()
        self.header("Content-Type", "text/plain")


Put = Callable[[Answer, str], None]


def _header(name: str, value: str = "{}", status: str = "") -> Put:
    def put(answer: Answer, secret: str) -> None:
        answer.status = status or answer.status
        answer.header(name.format(secret), value.format(secret))

    return put


def _two_headers(answer: Answer, secret: str) -> None:
    half = len(secret) // 2
    answer.headers += [("X-One", secret[:half]), ("X-Two", secret[half:])]


def _status(text: str) -> Put:
    def put(answer: Answer, secret: str) -> None:
        answer.status = text.format(secret)

    return put


def _chunk(extension: str, trailer: str = "") -> Put:
    def put(answer: Answer, secret: str) -> None:
        answer.chunked = extension.format(secret), trailer.format(secret)

    return put


def _error(status: str, spelled: Callable[[str], str] = str, around: str = "bad token {}, go away") -> Put:
    def put(answer: Answer, secret: str) -> None:
        answer.say(status, around.format(spelled(secret)))

    return put


def _body(text: str, kind: str = "application/json") -> Put:
    def put(answer: Answer, secret: str) -> None:
        answer.body = text.format(secret).encode()
        answer.header("Content-Type", kind)

    return put


def _inside(change: Callable[[Any, str], object], path: str = "") -> Put:
    """Change the JSON of a success, below one path."""

    def put(answer: Answer, secret: str) -> None:
        if answer.path.startswith(path) and answer.status.startswith("200") and answer.body:
            value = json.loads(answer.body)
            change(value, secret)
            answer.body = json.dumps(value).encode()

    return put


def _everywhere(value: Any, secret: str) -> None:
    """Every text in it."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str):
                value[key] = secret
            _everywhere(item, secret)
    elif isinstance(value, list):
        for item in value:
            _everywhere(item, secret)


def _set(*keys: str) -> Callable[[Any, str], object]:
    def change(value: Any, secret: str) -> None:
        for item in value if isinstance(value, list) else [value]:
            place = item
            for key in keys[:-1]:
                place = place.setdefault(key, {}) if isinstance(place, dict) else {}
            if isinstance(place, dict):
                place[keys[-1]] = secret

    return change


def _halves(value: Any, secret: str) -> None:
    half = len(secret) // 2
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item.update(Name=f"a-{secret[:half]}", ID=f"b-{secret[half:]}")


def _key(value: Any, secret: str) -> None:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            item[secret] = secret


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" for char in text)


def _wrapped(text: str) -> str:
    return "\n".join(text[at : at + 20] for at in range(0, len(text), 20))


# In the answer to a write, and in others.
OF_WRITES: dict[str, Put] = {
    "the reason phrase": _status("200 {}"),
    "the reason phrase of an error": _status("503 {}"),
    "a status line that is none": _status("{0} {0} {0}"),
    "a status that is no number": _status("2{} OK"),
    "a header's value": _header("X-Anything"),
    "a header's name": _header("{}", "x"),
    "two headers, half in each": _two_headers,
    "a header without a colon": _header("", "{}"),
    "the type of a success": _header("Content-Type"),
    "the type of a page": _header("Content-Type", "text/html; charset={}"),
    "the encoding": _header("Content-Encoding"),
    "the length": _header("Content-Length"),
    "the transfer encoding": _header("Transfer-Encoding"),
    "the index": _header("X-Consul-Index"),
    "the mark of a filtered list": _header("X-Consul-Results-Filtered-By-ACLs"),
    "the default policy": _header("X-Consul-Default-Acl-Policy"),
    "a cookie": _header("Set-Cookie", "a={}; path=/"),
    "a cookie that is none": _header("Set-Cookie", "{0}@=;;= \x02[{0}]"),
    "a pause": _header("Retry-After", "{}", "429 Slow down"),
    "a challenge": _header("WWW-Authenticate", "Basic realm={}", "401 No"),
    "the host of a redirect": _header("Location", "http://{}.example.com/", "307 Go"),
    "the user of a redirect": _header("Location", "http://{}@example.com/", "302 Go"),
    "the path of a redirect": _header("Location", "/{}", "301 Go"),
    "an address of a redirect that is none": _header("Location", "http://[{}", "308 Go"),
    "the size of a chunk": _chunk("{}"),
    "a chunk's extension": _chunk(";a={}"),
    "a trailer": _chunk("", "X-Late: {}\r\n"),
    "an error": _error("500 No"),
    "a denial": _error("403 No"),
    "a denial that names a rule": _error("403 No", around="lacks permission 'service:write' on \"{}\""),
    "a refusal": _error("429 No"),
    "not found": _error("404 No"),
    "broken JSON": _body('{{"a": "{}"'),
    "a JSON text": _body('"{}"'),
    "a list of texts": _body('["{0}", "{0}"]'),
    "a page": _body("<html>{}</html>", "text/html"),
    "the name of an object": _inside(_set("Name")),
    "the name of a field": _inside(_key),
    "a field of an object": _inside(_set("Meta", "note")),
    "two fields, half in each": _inside(_halves),
}
# An error is handled in the same way, whatever it answers.
_SPELLED: dict[str, Put] = {
    "upper case": _error("500 No", str.upper),
    "base64": _error("500 No", lambda text: base64.b64encode(f"x{text}yz".encode()).decode()),
    "a URL": _error("500 No", lambda text: quote(f"http://h/?token={text}", safe="")),
    "a URL, byte by byte": _error("500 No", lambda text: "".join(f"%{ord(char):02X}" for char in text)),
    "JSON, letter by letter": _error("500 No", _escaped),
    "hex": _error("500 No", lambda text: text.encode().hex()),
    "backwards": _error("500 No", lambda text: text[::-1]),
    "lines of twenty": _error("500 No", _wrapped),
    "where a line is cut": _error("500 No", around="x" * 285 + "{}"),
    "where a body is cut": _error("500 No", around=" " * 8180 + "{}" + "y" * 9000),
}
# In what only reads return.
_READ_ONLY: dict[str, Put] = {
    "the version": _inside(_set("Config", "Version"), "/v1/agent/self"),
    "the datacenter": _inside(_set("Config", "Datacenter"), "/v1/agent/self"),
    "the node's name": _inside(_set("Config", "NodeName"), "/v1/agent/self"),
    "the leader": _inside(_set("Stats", "consul", "leader_addr"), "/v1/agent/self"),
    "the trust domain": _inside(_set("TrustDomain"), "/v1/connect/ca/roots"),
    "the state of a peering": _inside(_set("State"), "/v1/peerings"),
    "the ID of a peering": _inside(_set("PeerID"), "/v1/peerings"),
    "the addresses of a peer": _inside(_set("PeerServerAddresses"), "/v1/peerings"),
    "every text": _inside(_everywhere),
}
PLACES = {**OF_WRITES, **_SPELLED, **_READ_ONLY}


@dataclass
class Relay:
    """Stands before a cluster. `put` changes the answers that `wants` names; `secrets`: what it was sent."""

    url: str
    target: str
    put: Put | None = None
    wants: Callable[[str, str], bool] = lambda method, path: True
    pick: Callable[[list[str]], str] = lambda secrets: secrets[-1]
    secrets: list[str] = field(default_factory=list)
    changed: int = 0

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Ask the cluster, and hand its answer on."""
        content = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self._learn(handler.headers.get("X-Consul-Token"), content)
        behind = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=LIMIT)
        behind.request(handler.command, handler.path, content or None, dict(handler.headers))
        got = behind.getresponse()
        dropped = ("content-length", "transfer-encoding", "connection")
        headers = [(name, value) for name, value in got.getheaders() if name.lower() not in dropped]
        answer = Answer(handler.path, f"{got.status} {got.reason}", headers, got.read())
        behind.close()
        if self.put is not None and self.secrets and self.wants(handler.command, handler.path):
            before = answer.bytes()
            self.put(answer, self.pick(self.secrets))
            self.changed += answer.bytes() != before
        handler.close_connection = True
        handler.connection.sendall(answer.bytes())

    def _learn(self, token: str | None, content: bytes) -> None:
        if token and token not in self.secrets:
            self.secrets.append(token)
        if b"PeeringToken" in content:
            made = json.loads(content)["PeeringToken"]
            self.secrets += [made, json.loads(base64.b64decode(made))["EstablishmentSecret"]]


@contextmanager
def relay(target: str) -> Iterator[Relay]:
    """Put a relay before a cluster."""
    made = Relay("", target)
    with server(made.answer) as sink:
        made.url = sink.url
        yield made
