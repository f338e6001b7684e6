"""Refusals that are not true: the request was done, and something in between says that it was not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.plan import Mode
from tests.flows.peerings.test_peering_life import SandboxServers
from tests.support.peerings.lab import PeeringLab

TOKEN, ESTABLISH, ROW = "/v1/peering/token", "/v1/peering/establish", "/v1/peering/"
UP = ("ACTIVE", "ACTIVE")
REFUSALS = {
    "busy": (429, "rate limit exceeded, try again later or against a different server"),
    "no-leader": (500, "No cluster leader"),
}


class LyingTransport(httpx.AsyncBaseTransport):
    """Passes every request on, and answers some that were done with a refusal."""

    def __init__(self, under: SandboxTransport) -> None:
        self.under = under
        self.lies: list[tuple[str, str, tuple[int, str]]] = []
        self.writes: list[tuple[str, str]] = []

    def count(self, method: str, path: str) -> int:
        return sum(1 for done in self.writes if done[0] == method and done[1].startswith(path))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.under.handle_async_request(request)
        method, path = request.method, request.url.path
        if method != "GET":
            self.writes.append((method, path))
        for lie in self.lies:
            if lie[0] == method and path.startswith(lie[1]):
                self.lies.remove(lie)
                return httpx.Response(lie[2][0], content=lie[2][1].encode(), request=request)
        return answer


class LyingServers(SandboxServers):
    """Three clusters behind a proxy that lies where it is told to."""

    def __init__(self) -> None:
        super().__init__("1.20")
        self.wire = LyingTransport(SandboxTransport(self.world))

    @property
    def transports(self) -> Mapping[str, object]:
        return {spec.name: self.wire for spec in self.specs}


@pytest.fixture
def servers() -> LyingServers:
    return LyingServers()


@pytest.fixture
def lab(servers: LyingServers, tmp_path: Path) -> PeeringLab:
    return PeeringLab(servers, tmp_path, "lies")


@pytest.fixture(params=REFUSALS.values(), ids=REFUSALS)
def refusal(request: pytest.FixtureRequest) -> tuple[int, str]:
    found: tuple[int, str] = request.param
    return found


async def test_an_establishing_that_was_done_is_believed(
    lab: PeeringLab, servers: LyingServers, refusal: tuple[int, str]
) -> None:
    servers.wire.lies = [("POST", ESTABLISH, refusal)]
    await lab.converges()
    assert servers.wire.lies == []
    assert servers.wire.count("POST", TOKEN) == 1, "a link that stands gets no new token"
    assert servers.wire.count("POST", ESTABLISH) == 1


async def test_a_token_that_was_made_and_not_given_is_replaced(
    lab: PeeringLab, servers: LyingServers, refusal: tuple[int, str]
) -> None:
    servers.wire.lies = [("POST", TOKEN, refusal)]
    await lab.converges()
    assert servers.wire.count("POST", TOKEN) == 2
    assert servers.wire.count("POST", ESTABLISH) == 1


async def test_a_link_made_by_another_meanwhile_gets_no_token(
    lab: PeeringLab, servers: LyingServers, refusal: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    servers.wire.lies = [("POST", TOKEN, refusal)]
    passed = servers.wire.under.handle_async_request

    async def and_somebody_links(request: httpx.Request) -> httpx.Response:
        answer = await passed(request)
        if request.url.path == TOKEN:
            await lab.establish(await lab.token())
        return answer

    monkeypatch.setattr(servers.wire.under, "handle_async_request", and_somebody_links)
    await lab.converges()
    assert servers.wire.writes == [("POST", TOKEN)]


async def test_a_removal_that_was_done_is_not_asked_for_again(
    lab: PeeringLab, servers: LyingServers, refusal: tuple[int, str]
) -> None:
    await lab.apply()
    servers.wire.lies = [("DELETE", ROW, refusal), ("DELETE", ROW, refusal)]
    outcome = (await lab.apply(Mode.DESTROY)).outcome
    assert outcome is not None
    assert outcome.failed == ()
    assert servers.wire.lies == []
    assert servers.wire.count("DELETE", ROW) == 2, "one for each end"


async def test_a_rotation_that_was_done_is_believed(
    lab: PeeringLab, servers: LyingServers, refusal: tuple[int, str]
) -> None:
    await lab.apply()
    servers.wire.writes.clear()
    servers.wire.lies = [("POST", ESTABLISH, refusal)]
    outcome = (await lab.rotate()).outcome
    assert outcome is not None
    assert outcome.failed == ()
    assert servers.wire.count("POST", TOKEN) == 1
    await lab.is_stable()


async def test_a_refusal_that_is_true_is_waited_out(lab: PeeringLab, servers: LyingServers) -> None:
    for path in (TOKEN, ESTABLISH):
        servers.world.faults.add("answer", path=path, times=3)
    await lab.converges()
    assert servers.wire.count("POST", ESTABLISH) == 4
    assert servers.wire.count("POST", TOKEN) == 4, "a token that was not used is sent again"
    servers.world.faults.add("answer", method="DELETE", times=2)
    await lab.removed()
