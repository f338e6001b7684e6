"""A virtual clock and two clusters to talk to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.emulator import Block, ClusterSpec, Request, Response, World


class SandboxLab:
    """A world on a clock that moves only when told to."""

    def __init__(self, *specs: ClusterSpec, **settings: Any) -> None:
        self.now = 0.0
        self.world = World(specs or (ClusterSpec("dc1"), ClusterSpec("dc2")), lambda: self.now, **settings)

    def send(
        self, cluster: str, method: str, path: str, body: Any = None, **headers: str
    ) -> Response | Block:
        plain, _, query = path.partition("?")
        data = b"" if body is None else json.dumps(body).encode()
        return self.world.handle(cluster, Request(method, plain, query, headers, data))

    def ask(self, cluster: str, method: str, path: str, body: Any = None, **headers: str) -> Response:
        reply = self.send(cluster, method, path, body, **headers)
        assert isinstance(reply, Response)
        return reply

    def get(self, cluster: str, path: str) -> Any:
        return self.ask(cluster, "GET", path).json()

    def put(self, cluster: str, kind: str, name: str, **fields: Any) -> Response:
        return self.ask(cluster, "PUT", "/v1/config", {"Kind": kind, "Name": name, **fields})

    def pass_time(self, seconds: float) -> None:
        """Move the clock through everything that happens on the way."""
        target = self.now + seconds
        while (event := self.world.next_event()) is not None and event <= target:
            self.now = max(event, self.now)
            self.world.advance()
        self.now = target

    def token(self, cluster: str, peer: str) -> str:
        return str(self.ask(cluster, "POST", "/v1/peering/token", {"PeerName": peer}).json()["PeeringToken"])

    def establish(self, cluster: str, peer: str, token: str) -> Response:
        return self.ask(cluster, "POST", "/v1/peering/establish", {"PeerName": peer, "PeeringToken": token})

    def peer(self, acceptor: str = "dc1", dialer: str = "dc2") -> None:
        """Peer two clusters under each other's names and wait until both say ACTIVE."""
        assert self.establish(dialer, acceptor, self.token(acceptor, dialer)).status == 200
        self.pass_time(6)
        assert self.states(acceptor, dialer) == ("ACTIVE", "ACTIVE")

    def state(self, cluster: str, peer: str) -> str:
        reply = self.ask(cluster, "GET", f"/v1/peering/{peer}")
        return str(reply.json()["State"]) if reply.status == 200 else "absent"

    def states(self, one: str = "dc1", other: str = "dc2") -> tuple[str, str]:
        return self.state(one, other), self.state(other, one)


@pytest.fixture
def lab() -> SandboxLab:
    return SandboxLab()
