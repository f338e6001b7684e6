"""Applications that say who they are: one small HTTP server each, on a port of its own."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from tests.traffic.stage import http2


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or the second waits 40 ms for the first one's receipt
    who: ClassVar[str]

    def handle(self) -> None:
        """Speak HTTP/2 with those who begin so: proxies of services with the protocols http2 and grpc."""
        if http2.begins(self.rfile):
            http2.serve(self.rfile, self.wfile, json.dumps({"who": self.who}).encode())
        else:
            super().handle()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({"who": self.who, "path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test's own output is enough."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up is no error of the application."""


class Echo:
    """A running application. `who` is `service@cluster`, and is in every answer."""

    def __init__(self, who: str, host: str = "127.0.0.1") -> None:
        handler = type("Handler", (_Handler,), {"who": who})
        self._server = _Server((host, 0), handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
