"""Consuls that keep a state: the sandbox, and a real server of every version at hand."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator.core.cluster import MANAGEMENT_TOKEN
from reconciler.model.state_place import ConsulPlace
from reconciler.statestore.backends.consul import connect as connect_consul
from reconciler.statestore.backends.consul.backend import ConsulBackend
from tests.backends.suite import Connect
from tests.support.agents import Agent, binaries, in_order
from tests.support.command.servers import Sandbox, sandbox

SANDBOX = "sandbox"
VERSIONS = in_order(binaries(every=True))


@dataclass(frozen=True)
class Server:
    """One Consul. `call` does something behind the state's back; `sandbox` takes orders of faults."""

    address: str
    call: Callable[..., Any]
    token: str = ""
    sandbox: Sandbox | None = None

    def backend(self, path: str, token: str = "") -> ConsulBackend:
        """Return a connection to the state below `path`."""
        environ = {"CONSUL_HTTP_TOKEN": token} if token else {}
        return connect_consul(ConsulPlace(path, self.address), environ, Path())

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])


def params(versions: list[str]) -> list[Any]:
    """The sandbox, and real servers of these versions; without any, one test that says so."""
    real = [pytest.param(version, marks=pytest.mark.live) for version in versions or ["none"]]
    return [SANDBOX, *real]


def serving(version: str, folder: Path, *, acl: bool = False, scale: float = 1.0) -> Iterator[Server]:
    """Run one Consul. `scale` multiplies the times of a sandbox."""
    if version == SANDBOX:
        with sandbox("dc1", acl=acl, delays=True) as running:
            running.world.time_scale = scale
            token = MANAGEMENT_TOKEN if acl else ""

            def call(method: str, path: str, body: object = None, token: str = token) -> Any:
                return running.call("dc1", method, path, body, token)

            yield Server(running.urls["dc1"], call, token, running)
        return
    if version not in VERSIONS:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    agent = Agent("c1", "dc1", binaries(every=True)[version], folder, acl)
    try:
        agent.start()
        agent.wait()
        yield Server(agent.address, agent.call, agent.management if acl else "")
    finally:
        agent.stop()


@pytest.fixture(scope="session", params=params(VERSIONS))
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Every Consul there is, without ACLs."""
    yield from serving(request.param, tmp_path_factory.mktemp("consul"))


@pytest.fixture(scope="session", params=params(VERSIONS[-1:]))
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Consuls with ACLs that deny by default."""
    yield from serving(request.param, tmp_path_factory.mktemp("guarded"), acl=True)


@pytest.fixture(scope="session", params=params(VERSIONS[-1:]))
def expiring(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Consul whose sessions end soon, if it is the sandbox; a real one takes half a minute."""
    yield from serving(request.param, tmp_path_factory.mktemp("expiring"), scale=0.02)


@dataclass
class Place:
    """A place that no other test uses. `connect` gives connections that are closed after the test."""

    server: Server
    path: str = field(default_factory=lambda: f"tests/{uuid.uuid4()}")
    made: list[ConsulBackend] = field(default_factory=list)

    def connect(self, address: str = "", token: str | None = None) -> ConsulBackend:
        """Return another connection, as another machine has."""
        server = replace(self.server, address=address or self.server.address)
        self.made.append(server.backend(self.path, self.server.token if token is None else token))
        return self.made[-1]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Do something behind the state's back; `{path}` is the place's."""
        return self.server.call(method, path.format(path=self.path), body)

    @property
    def session(self) -> str:
        """The session that holds the lock."""
        (row,) = self.call("GET", "/v1/kv/{path}/.lock")
        return str(row.get("Session", ""))

    @property
    def sessions(self) -> list[Any]:
        """The sessions of this place."""
        return [item for item in self.call("GET", "/v1/session/list") if item["Name"].endswith(self.path)]


async def placed(server: Server) -> AsyncIterator[Place]:
    """Give a place, and close its connections."""
    place = Place(server)
    yield place
    for backend in place.made:
        await backend.close()


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    async for one in placed(server):
        yield one


@pytest.fixture
async def guarded_place(guarded: Server) -> AsyncIterator[Place]:
    async for one in placed(guarded):
        yield one


@pytest.fixture
async def expiring_place(expiring: Server) -> AsyncIterator[Place]:
    async for one in placed(expiring):
        yield one


@pytest.fixture
def connect(place: Place) -> Connect:
    return place.connect
