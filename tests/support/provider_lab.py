"""Providers over the emulator, and transports that answer by script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx

from reconciler.emulator import ClusterSpec, World
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.sdk.address import Address
from reconciler.sdk.http.client import HttpClient
from reconciler.sdk.provider import (
    Applied,
    Body,
    ClusterConfig,
    Observation,
    Present,
    Settings,
    Step,
    Verb,
    Wanted,
)
from reconciler.sdk.secrets.secret import Secret
from reconciler_consul import ConsulProvider
from tests.support.virtual import CLOCK

PAIR = Address("peering", "dc1", "dc2")
PAIR_BODY: dict[str, Any] = {"Acceptor": "dc1", "Dialer": "dc2", "Names": {"dc1": "to-dc2", "dc2": "to-dc1"}}


def quiet(_: str) -> None:
    """Takes progress and says nothing."""


class Script(httpx.AsyncBaseTransport):
    """Answers one request after the other: responses, exceptions, or functions of the request.

    The last one stands for all that follow.
    """

    def __init__(
        self, *answers: httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]
    ) -> None:
        self.answers = list(answers)
        self.seen: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            # A response's stream is read once; the same script line may answer many requests.
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return answer(request)


def text(status: int, body: str = "", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=body.encode(), headers={"content-type": "text/plain", **named})


def client(script: httpx.AsyncBaseTransport, token: str | None = None, **limits: Any) -> HttpClient:
    cluster = ClusterConfig("dc1", "http://127.0.0.1:8500", Secret(token) if token else None)
    return HttpClient(cluster, Settings(transports={"dc1": script}, **limits))


class ProviderLab:
    """Sandbox clusters in process and a provider for them, in virtual time (see the fixture `clock`)."""

    def __init__(
        self,
        *names: str,
        version: str = "1.20.0",
        wait_timeout: float = 3.0,
        partition: str | None = None,
        **world: Any,
    ) -> None:
        """With a `partition`, each cluster is that one, beside `default`."""
        world = {"delays": False, "clock": CLOCK, **world}
        more = (partition,) if partition else ()
        self.world = World([ClusterSpec(name, version=version, partitions=more) for name in names], **world)
        self.names = names
        self.partition = partition
        self.wait_timeout = wait_timeout
        self.provider = self.made()
        self.reports: list[str] = []

    def made(self, tokens: dict[str, str] | None = None) -> ConsulProvider:
        transport = SandboxTransport(self.world)
        clusters = {
            name: ClusterConfig(
                name,
                self.world.url(name),
                Secret(tokens[name]) if tokens and name in tokens else None,
                partition=self.partition,
            )
            for name in self.names
        }
        settings = Settings(wait_timeout=self.wait_timeout, transports=dict.fromkeys(self.names, transport))
        return ConsulProvider(clusters, settings)

    async def see(self, address: Address, hint: Body | None = None) -> Observation:
        reading = await self.provider.read([Wanted(address, hint)])
        return reading.objects[address]

    async def do(
        self, verb: Verb, address: Address, after: Body | None, before: Present | None = None
    ) -> Applied:
        version = before.version if before else None
        return await self.provider.perform(Step(verb, address, before, after, version), self.reports.append)

    def sent(self, *methods: str) -> Sequence[tuple[str, str, str]]:
        """What reached the clusters: cluster, method, path."""
        return [(r.cluster, r.method, r.path) for r in self.world.requests if r.method in methods]
