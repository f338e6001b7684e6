"""A relay before a server that keeps a state: it counts requests, and does something at one of them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_SIZE = 1 << 20


class Relay:
    """Passes bytes on. What a client sends in one go is one request: the head of a body, a statement.

    `armed` acts once: when request `number` comes (from 1), before it is passed on, or when the server has
    answered it, before the client hears of that. What acts says whether to pass on what came.
    """

    def __init__(self, to: int) -> None:
        self._to = to
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._turn = threading.RLock()
        self._open: set[socket.socket] = set()
        self._cut = False
        self._number, self._answered = 0, False
        self._act: Callable[[], bool] | None = None
        self._waits: socket.socket | None = None  # the connection whose next answer is to be acted on
        self.seen = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    @property
    def fired(self) -> bool:
        """Whether it acted since it was armed."""
        return self._act is None

    def arm(self, number: int, act: Callable[[], bool], *, answered: bool) -> None:
        """Count requests from 1 again, and act at this one."""
        with self._turn:
            self.seen, self._waits = 0, None
            self._number, self._answered, self._act = number, answered, act

    def disarm(self) -> None:
        """Do not act any more."""
        with self._turn:
            self._act = self._waits = None

    def cut(self) -> None:
        """Close all connections, and every new one, as a server that is away."""
        with self._turn:
            self._cut = True
            for one in list(self._open):
                _end(one)

    def mend(self) -> None:
        """Pass on again."""
        self._cut = False

    def close(self) -> None:
        """End it."""
        self.cut()
        _end(self._listening)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self._cut:
                    _end(client)
                    continue
                with suppress(OSError):
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._to))
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open |= {client, server}
        for target in (self._requests, self._answers):
            threading.Thread(target=target, args=(client, server), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        self._pass(client, server, lambda: self._request(client))

    def _answers(self, client: socket.socket, server: socket.socket) -> None:
        self._pass(server, client, lambda: self._answer(client))

    def _pass(self, source: socket.socket, to: socket.socket, look: Callable[[], bool]) -> None:
        with suppress(OSError):
            while data := source.recv(_SIZE):
                if look():
                    to.sendall(data)
        for one in (source, to):
            self._open.discard(one)
            _end(one)

    def _request(self, client: socket.socket) -> bool:
        with self._turn:
            self.seen += 1
            if self._act is None or self.seen != self._number:
                return True
            if not self._answered:
                return self._now()
            self._waits = client
            return True

    def _answer(self, client: socket.socket) -> bool:
        with self._turn:
            return self._now() if self._waits is client else True

    def _now(self) -> bool:
        act, self._act, self._waits = self._act, None, None
        return act() if act is not None else True


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        one.close()


@contextmanager
def relay(to: int) -> Iterator[Relay]:
    """Put a relay before a port of this machine."""
    made = Relay(to)
    try:
        yield made
    finally:
        made.close()
