"""A sandbox in a thread, for programs and tests that are not asynchronous.

with background() as loop, Sandbox(loop, SandboxOptions(clusters=("dc1", "dc2")), peered=True) as sandbox:
    print(sandbox.url("dc1"))
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from itertools import combinations
from types import TracebackType
from typing import Any, TypeVar

from reconciler.emulator.core.faults import Fault
from reconciler.emulator.serve.options import SandboxOptions
from reconciler.emulator.serve.server import running_world
from reconciler.emulator.serve.waiting import answer
from reconciler.emulator.wire.messages import Request, Response
from reconciler.emulator.world import World

T = TypeVar("T")
ACTIVE_WITHIN_S = 30.0
STEP_S = 0.01
Pairs = bool | Sequence[tuple[str, str]]


@contextmanager
def background() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread while the context is open."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="consul-sandbox", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


class Sandbox:
    """Emulated Consul clusters that answer over HTTP while the context is open.

    `peered` True peers every pair of clusters, else those that it names, (acceptor, dialer), under each
    other's names. Names are lower-case then, as Consul wants it. Every method may be called from any thread.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, options: SandboxOptions, *, peered: Pairs = False
    ) -> None:
        self._loop = loop
        self._options = options
        self._peered = list(combinations(options.clusters, 2)) if peered is True else list(peered or ())
        self._stack = AsyncExitStack()
        self._world: World | None = None

    def __enter__(self) -> Sandbox:
        self._world = self._run(self._stack.enter_async_context(running_world(self._options)))
        try:
            self._peer_all()
        except BaseException:
            self._run(self._stack.aclose())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stack.aclose())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _with_world(self, action: Callable[[World], T]) -> T:
        async def act() -> T:
            assert self._world is not None
            return action(self._world)

        return self._run(act())

    def url(self, cluster: str) -> str:
        """Return the address of a cluster's HTTP API, such as http://127.0.0.1:40123."""
        return self.urls[cluster]

    @property
    def urls(self) -> dict[str, str]:
        """Return the address of every cluster."""
        assert self._world is not None
        return {name: self._world.url(name) for name in self._world.clusters}

    @property
    def token(self) -> str:
        """Return the token that may do everything; "" where ACLs are off."""
        return self._options.management_token if self._options.acl else ""

    def request(self, cluster: str, method: str, path: str, body: object = None) -> Response:
        """Ask a cluster as its operator, past HTTP; returns status, headers and body."""
        plain, _, query = path.partition("?")
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"x-consul-token": self.token} if self.token else {}
        assert self._world is not None
        return self._run(answer(self._world, cluster, Request(method, plain, query, headers, content)))

    def peer(self, acceptor: str, dialer: str) -> None:
        """Peer two clusters under each other's names, and wait until both ends are ACTIVE.

        Raises RuntimeError with the cluster's answer where it refuses.
        """
        made = self._taken(acceptor, "POST", "/v1/peering/token", {"PeerName": dialer})
        body = {"PeerName": acceptor, "PeeringToken": made["PeeringToken"]}
        self._taken(dialer, "POST", "/v1/peering/establish", body)
        end = time.monotonic() + ACTIVE_WITHIN_S
        while not (self._is_active(acceptor, dialer) and self._is_active(dialer, acceptor)):
            if time.monotonic() > end:
                raise RuntimeError(f"{acceptor} and {dialer} are not ACTIVE after {ACTIVE_WITHIN_S:.0f} s")
            time.sleep(STEP_S)

    def _is_active(self, cluster: str, peer: str) -> bool:
        return bool(self._taken(cluster, "GET", f"/v1/peering/{peer}")["State"] == "ACTIVE")

    def _taken(self, cluster: str, method: str, path: str, body: object = None) -> Any:
        reply = self.request(cluster, method, path, body)
        if reply.status != 200:
            text = reply.body.decode("utf-8", "replace")
            raise RuntimeError(f"{cluster}: {method} {path} was answered {reply.status}: {text}")
        return reply.json()

    def _peer_all(self) -> None:
        for acceptor, dialer in self._peered:
            self.peer(acceptor, dialer)

    def reset(self) -> None:
        """Empty every cluster, start those that are down, forget faults, and restore the peerings."""

        def reset_all(world: World) -> None:
            world.faults.clear()
            world.faults.cut.clear()
            world.faults.frozen.clear()
            for name in world.clusters:
                world.reset(name)

        self._with_world(reset_all)
        self._peer_all()

    def fault(self, effect: str, **settings: Any) -> Fault:
        """Order a fault: answer, latency, lost, refused or hangs; see `reconciler.emulator.Fault`."""
        return self._with_world(lambda world: world.faults.add(effect, **settings))

    def down(self, cluster: str) -> None:
        """Kill a cluster: connections are refused, its peers read FAILING."""
        self._with_world(lambda world: world.down(cluster))

    def up(self, cluster: str) -> None:
        """Start a cluster again that was killed."""
        self._with_world(lambda world: world.up(cluster))

    def cut(self, one: str, other: str) -> None:
        """Cut the network between the servers of two clusters."""
        self._with_world(lambda world: world.cut(one, other))

    def mend(self, one: str, other: str) -> None:
        """Mend a network that was cut."""
        self._with_world(lambda world: world.mend(one, other))
