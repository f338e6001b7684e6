"""The S3 of moto, one request after the other: `python -P moto_in_turn.py PORT`.

Its own server runs requests in threads, and looks at a condition and then writes without a lock in between
(moto 5.2): of two that create one object, both succeeded now and then. S3 itself decides such a race.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.threaded_moto_server import MotoRequestHandler
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

Environ = dict[str, Any]


class InTurn:
    """A WSGI application whose requests wait for each other."""

    def __init__(self, inner: Callable[..., Iterable[bytes]]) -> None:
        self._inner, self._turn = inner, threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        with self._turn:
            return list(self._inner(environ, start_response))


if __name__ == "__main__":
    app = InTurn(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=MotoRequestHandler)
