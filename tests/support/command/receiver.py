"""A receiver of notifications that answers as it is told to, or does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CLOSE = 0  # in place of a status: the connection is closed without an answer
HANG = -1  # no answer as long as the receiver is there


@dataclass
class Receiver:
    """What came, and what is answered: `answers` in turn, the last of them for ever after."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    location: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def bodies(self) -> list[Any]:
        """The bodies as JSON."""
        return [json.loads(body) for _, body in self.requests]


@contextmanager
def receiver(*answers: int, location: str = "") -> Iterator[Receiver]:
    """Give a receiver on a free port."""
    one = Receiver(answers=list(answers or (204,)), location=location)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(one))
    server.daemon_threads = True
    one.url = f"http://127.0.0.1:{server.server_port}/hooks/T00/canary-in-the-path"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.gone.set()
        server.shutdown()
        server.server_close()


def _handler(one: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            one.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = one.answers.pop(0) if len(one.answers) > 1 else one.answers[0]
            if status == HANG:
                one.gone.wait()
            elif status != CLOSE:
                self.send_response(status)
                if one.location:
                    self.send_header("Location", one.location)
                self.send_header("Content-Length", "0")
                self.end_headers()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler
