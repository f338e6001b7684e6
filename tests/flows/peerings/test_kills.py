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
from tests.support.peering_lab import PeeringLab

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
def stage() -> KillServers:
    return KillServers("1.20")


@pytest.fixture
def desk(stage: KillServers, tmp_path: Path) -> PeeringLab:
    return PeeringLab(stage, tmp_path, "kills")


async def killed(desk: PeeringLab, mode: Mode = Mode.NORMAL, replaces: tuple[str, ...] = ()) -> None:
    """One run that dies at the write that was ordered."""
    assert isinstance(desk.stage, KillServers)
    with pytest.raises(BaseExceptionGroup) as caught:
        await app.apply(
            desk.options(),
            mode,
            Selection(replaces=replaces),
            approve=lambda planned: True,
            observe=desk.events.append,
            stop=app.Stop(),
        )
    assert caught.group_contains(Killed)
    desk.stage.killing = None


async def pending(desk: PeeringLab) -> str | None:
    return (await app.show_state(desk.options())).resources[Address("peering", "dc1", "dc2")].pending


@pytest.mark.parametrize("executed", [False, True], ids=["before", "executed"])
@pytest.mark.parametrize("path", [TOKEN, ESTABLISH])
async def test_complete_is_said_with_both_ends_up(
    desk: PeeringLab, stage: KillServers, path: str, executed: bool
) -> None:
    stage.kill(path, executed=executed)
    await killed(desk)
    assert await pending(desk) == "create"
    applied = await desk.apply()
    assert await desk.states() == UP
    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    await desk.stands()


async def test_a_link_that_does_not_come_up_fails_each_time_until_it_does(
    desk: PeeringLab, stage: KillServers
) -> None:
    stage.kill(ESTABLISH, executed=True)
    await killed(desk)
    stage.world.cut("dc1", "dc2")
    for _ in range(2):
        change = await desk.expects(Action.CREATE, Reason.RESUME)
        assert change.why
        outcome = (await desk.apply()).outcome
        assert outcome is not None
        (failed,) = outcome.failed
        assert failed.error.message.startswith("not ACTIVE on both ends after")
        assert change.why.partition(":")[0] in failed.error.message
        assert await pending(desk) == "create"
    stage.world.mend("dc1", "dc2")
    await desk.until(lambda states: states == UP, 150.0)
    await desk.apply()
    assert await pending(desk) is None
    await desk.stands()


async def test_a_refresh_does_not_take_what_comes_up_for_finished(
    desk: PeeringLab, stage: KillServers
) -> None:
    stage.kill(ESTABLISH, executed=True)
    await killed(desk)
    assert await desk.states() != UP
    await desk.apply(Mode.REFRESH_ONLY)
    assert await pending(desk) == "create"
    await desk.apply()
    assert await desk.states() == UP


@pytest.mark.parametrize("executed", [False, True], ids=["before", "executed"])
@pytest.mark.parametrize(
    ("path", "method"), [("/v1/peering/", "DELETE"), (TOKEN, "POST"), (ESTABLISH, "POST")]
)
async def test_a_replacement_ends_with_both_ends_up(
    desk: PeeringLab, stage: KillServers, path: str, method: str, executed: bool
) -> None:
    await desk.apply()
    stage.kill(path, method, executed=executed)
    await killed(desk, replaces=("peering.*",))
    await desk.apply()
    assert await desk.states() == UP
    await desk.stands()


@pytest.mark.parametrize("executed", [False, True], ids=["before", "executed"])
async def test_a_removal_ends_with_both_ends_gone(
    desk: PeeringLab, stage: KillServers, executed: bool
) -> None:
    await desk.apply()
    stage.kill("/v1/peering/", "DELETE", executed=executed)
    await killed(desk, Mode.DESTROY)
    await desk.apply(Mode.DESTROY)
    assert await desk.states() == ("gone", "gone")
    assert (await app.show_state(desk.options())).resources == {}
