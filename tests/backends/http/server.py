"""A server that speaks the protocol of Terraform's `http` backend, with and without what not all have."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LOCK = "/lock"


@dataclass
class Request:
    """What was asked; `id` is that of the query."""

    method: str
    path: str
    id: str
    headers: Any
    body: bytes


Answer = tuple[int, bytes]


@dataclass
class StateServer:
    """One state, one lock. `etag` is strong, weak, ignored (sent, and `If-Match` not heeded) or none.

    `checks_id`: writes and unlocking need the holder's ID, as with GitLab. `repeats`: the holder may ask for
    its lock again. `separate`: the lock has an address of its own, with POST and DELETE. `drops`: methods
    whose next answer is not sent, though what was asked is done. `statuses` are answers to order.
    """

    etag: str = "strong"
    checks_id: bool = True
    repeats: bool = False
    separate: bool = False
    password: str = ""
    state: bytes | None = None
    holder: dict[str, Any] | None = None
    drops: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    statuses: dict[str, Answer] = field(default_factory=dict)
    port: int = 0
    turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/team/production"

    @property
    def tag(self) -> str:
        """The ETag of the state as it is now."""
        digest = hashlib.sha256(self.state or b"").hexdigest()
        return {"none": "", "weak": f'W/"{digest}"'}.get(self.etag, f'"{digest}"')

    def answer(self, request: Request) -> Answer:
        """Do it, and return what is said."""
        if request.method in self.statuses:
            return self.statuses[request.method]
        if self.password and request.headers.get("Authorization") != basic("team", self.password):
            return 401, b"who are you?"
        if self.separate and request.path.endswith(LOCK):
            return {"POST": self.lock, "DELETE": self.unlock}[request.method](request)
        known = {"GET": self.get, "POST": self.post, "LOCK": self.lock, "UNLOCK": self.unlock}
        return known[request.method](request) if request.method in known else (405, b"")

    def get(self, request: Request) -> Answer:
        if self.state is None:
            return 404, b""
        if self.tag and request.headers.get("If-None-Match") == self.tag:
            return 304, b""
        return 200, self.state

    def post(self, request: Request) -> Answer:
        if self.checks_id and self.holder is not None and request.id != self.holder["ID"]:
            return 409, self.who()
        if self.etag == "strong" and not self.fits(request.headers):
            return 412, b""
        self.state = request.body
        return 200, b""

    def fits(self, headers: Any) -> bool:
        if headers.get("If-None-Match") == "*" and self.state is not None:
            return False
        return headers.get("If-Match") in (None, self.tag)

    def lock(self, request: Request) -> Answer:
        wanted = json.loads(request.body)
        if self.holder is not None and not (self.repeats and self.holder["ID"] == wanted["ID"]):
            return 423, self.who()
        self.holder = wanted
        return 200, b""

    def unlock(self, request: Request) -> Answer:
        if self.checks_id and self.holder is not None:
            wanted = json.loads(request.body)["ID"] if request.body else request.id
            if wanted != self.holder["ID"]:
                return 409, self.who()
        self.holder = None
        return 200, b""

    def who(self) -> bytes:
        return json.dumps(self.holder).encode()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def serving(server: StateServer) -> Iterator[StateServer]:
    """Serve it on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes: the second would wait 40 ms for an ACK

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size)
            if len(body) < size:  # its client died while it sent that
                self.close_connection = True
                return
            identifier = parse_qs(parts.query).get("ID", [""])[0]
            request = Request(self.command, parts.path, identifier, self.headers, body)
            with server.turn:
                server.seen.append(f"{self.command} {self.path}")
                status, text = server.answer(request)
                tag = server.tag if self.command == "GET" and status in (200, 304) else ""
                self.close_connection = self.command in server.drops
                if self.close_connection:
                    server.drops.remove(self.command)
            if not self.close_connection:
                self.say(status, text, tag)

        def say(self, status: int, text: bytes, tag: str) -> None:
            self.send_response(status)
            if tag:
                self.send_header("ETag", tag)
            if status != 304:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = do_LOCK = do_UNLOCK = handle_any

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of clients that were killed."""
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)

    http = Server(("127.0.0.1", 0), Handler)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
