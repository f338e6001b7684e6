"""Runs that are killed at a write to a peering: what the next run finds, waits for and says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from reconciler import app
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.change import Action, Reason
from reconciler.model.plan import Mode, Selection
from reconciler.sdk.address import Address
from tests.flows.peerings.test_peering_life import SandboxServers
from tests.support.peerings.lab import PeeringLab

TOKEN, ESTABLISH = "/v1/peering/token", "/v1/peering/establish"
UP = ("ACTIVE", "ACTIVE")


class Killed(BaseException):
    """The process ends here."""


class KillingTransport(httpx.AsyncBaseTransport):
    """Ends the run at one write: before it leaves, or once it is executed and not answered yet."""

    def __init__(self, under: SandboxTransport, path: str, method: str, *, executed: bool) -> None:
        self.under = under
        self.path = path
        self.method = method
        self.executed = executed

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != self.method or not request.url.path.startswith(self.path):
            return await self.under.handle_async_request(request)
        if self.executed:
            await self.under.handle_async_request(request)
        raise Killed


class KillServers(SandboxServers):
    """Three clusters with servers' own delays, whose next run may be killed."""

    killing: KillingTransport | None = None

    def kill(self, path: str, method: str = "POST", *, executed: bool) -> None:
        self.killing = KillingTransport(SandboxTransport(self.world), path, method, executed=executed)

    @property
    def transports(self) -> Mapping[str, object]:
        if self.killing is None:
            return super().transports
        return {spec.name: self.killing for spec in self.specs}


@pytest.fixture
def servers() -> KillServers:
    return KillServers("1.20")


@pytest.fixture
def lab(servers: KillServers, tmp_path: Path) -> PeeringLab:
    return PeeringLab(servers, tmp_path, "kills")


async def killed(lab: PeeringLab, mode: Mode = Mode.NORMAL, replaces: tuple[str, ...] = ()) -> None:
    """One run that dies at the write that was ordered."""
    assert isinstance(lab.servers, KillServers)
    with pytest.raises(BaseExceptionGroup) as caught:
        await app.apply(
            lab.options(),
            mode,
            Selection(replaces=replaces),
            approve=lambda planned: True,
            observe=lab.events.append,
            stop=app.Stop(),
        )
    assert caught.group_contains(Killed)
    lab.servers.killing = None


async def pending(lab: PeeringLab) -> str | None:
    return (await app.show_state(lab.options())).resources[Address("peering", "dc1", "dc2")].pending


@pytest.mark.parametrize("executed", [False, True], ids=["before", "executed"])
@pytest.mark.parametrize("path", [TOKEN, ESTABLISH])
async def test_complete_is_said_with_both_ends_up(
    lab: PeeringLab, servers: KillServers, path: str, executed: bool
) -> None:
    servers.kill(path, executed=executed)
    await killed(lab)
    assert await pending(lab) == "create"
    applied = await lab.apply()
    assert await lab.states() == UP
    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    await lab.is_stable()


async def test_a_link_that_does_not_come_up_fails_each_time_until_it_does(
    lab: PeeringLab, servers: KillServers
) -> None:
    servers.kill(ESTABLISH, executed=True)
    await killed(lab)
    servers.world.cut("dc1", "dc2")
    for _ in range(2):
        change = await lab.expects(Action.CREATE, Reason.RESUME)
        assert change.why
        outcome = (await lab.apply()).outcome
        assert outcome is not None
        (failed,) = outcome.failed
        assert failed.error.message.startswith("not ACTIVE on both ends after")
        assert change.why.partition(":")[0] in failed.error.message
        assert await pending(lab) == "create"
    servers.world.mend("dc1", "dc2")
    await lab.until(lambda states: states == UP, 150.0)
    await lab.apply()
    assert await pending(lab) is None
    await lab.is_stable()


async def test_a_refresh_does_not_take_what_comes_up_for_finished(
    lab: PeeringLab, servers: KillServers
) -> None:
    servers.kill(ESTABLISH, executed=True)
    await killed(lab)
    assert await lab.states() != UP
    await lab.apply(Mode.REFRESH_ONLY)
    assert await pending(lab) == "create"
    await lab.apply()
    assert await lab.states() == UP


@pytest.mark.parametrize("executed", [False, True], ids=["before", "executed"])
@pytest.mark.parametrize(
    ("path", "method"), [("/v1/peering/", "DELETE"), (TOKEN, "POST"), (ESTABLISH, "POST")]
)
async def test_a_replacement_ends_with_both_ends_up(
    lab: PeeringLab, servers: KillServers, path: str, method: str, executed: bool
) -> None:
    await lab.apply()
    servers.kill(path, method, executed=executed)
    await killed(lab, replaces=("peering.*",))
    await lab.apply()
    assert await lab.states() == UP
    await lab.is_stable()


@pytest.mark.parametrize("executed", [False, True], ids=["before", "executed"])
async def test_a_removal_ends_with_both_ends_gone(
    lab: PeeringLab, servers: KillServers, executed: bool
) -> None:
    await lab.apply()
    servers.kill("/v1/peering/", "DELETE", executed=executed)
    await killed(lab, Mode.DESTROY)
    await lab.apply(Mode.DESTROY)
    assert await lab.states() == ("gone", "gone")
    assert (await app.show_state(lab.options())).resources == {}
