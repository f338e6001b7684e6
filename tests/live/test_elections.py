"""A cluster of several real servers: asked through a follower, and while its leader or that follower dies."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.event import Event, Started, Succeeded
from reconciler.sdk.errors import ProviderError
from tests.live.conftest import chosen_versions
from tests.support.agents import Agent, binaries, cluster_of, leader_of, until_all_vote
from tests.support.peerings.lab import PeeringLab
from tests.support.peerings.lab import Refused as NotTaken

pytestmark = [pytest.mark.live, pytest.mark.row("elections")]

MORE = """
service_defaults:
  dc1: {api: {protocol: http}, db: {protocol: tcp}, web: {protocol: http}}
exports:
  dc1: {api: [dc2], db: [dc2]}
intentions:
  dc1:
    api: [{from: web@dc2, action: allow}, {from: "*", action: deny}]
    db: [{from: web@dc2, action: allow}]
"""


class Several:
    """dc1 has three servers and is asked through a follower; dc2 has one."""

    transports: Mapping[str, object] = {}

    def __init__(self, version: str, folder: Path) -> None:
        binary = binaries()[version]
        self.servers = [Agent(f"s{number}", "dc1", binary, folder) for number in (1, 2, 3)]
        cluster_of(self.servers)
        self.single = Agent("other", "dc2", binary, folder, durable=True)
        for agent in (*self.servers, self.single):
            agent.start()
        self.asked = self.servers[0]

    def elected(self) -> Agent:
        """Wait until all are up; ask a follower from now on. Returns the leader."""
        for agent in self.servers:
            if agent.process is None:
                agent.start()
        leader = leader_of(self.servers)
        until_all_vote(leader, len(self.servers))
        self.asked = next(agent for agent in self.servers if agent is not leader)
        for agent in (*self.servers, self.single):
            agent.wait()
        return leader

    def address(self, cluster: str) -> str:
        return (self.asked if cluster == "dc1" else self.single).address

    async def call(self, cluster: str, method: str, path: str, body: object = None) -> Any:
        agent = self.asked if cluster == "dc1" else self.single
        text = ""
        for _ in range(40):  # by hand, an election is waited for
            try:
                return await asyncio.to_thread(agent.call, method, path, body)
            except urllib.error.HTTPError as error:
                text = error.read().decode()
                if error.code < 500:
                    raise NotTaken(error.code, text) from None
                await asyncio.sleep(0.5)
            except TimeoutError:
                text = "no answer"  # a follower may hold a read for half a minute after its leader died
        raise NotTaken(500, text)

    async def stop(self, cluster: str) -> None:
        raise NotImplementedError

    async def start(self, cluster: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        for agent in (*self.servers, self.single):
            agent.stop()


@pytest.fixture(scope="module", params=chosen_versions() or ["none"])
def several(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    if request.param not in binaries():
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    servers = Several(request.param, tmp_path_factory.mktemp("several"))
    try:
        yield servers
    finally:
        servers.close()


class Trap(list[Event]):
    """Events of a run; does something at the first that fits."""

    def __init__(self, fits: Callable[[Event], bool], act: Callable[[], None]) -> None:
        super().__init__()
        self.fits, self.act, self.sprung = fits, act, False

    def append(self, event: Event) -> None:
        super().append(event)
        if not self.sprung and self.fits(event):
            self.sprung = True
            self.act()


async def comes_up(lab: PeeringLab) -> set[tuple[str, str]]:
    """Plan again and again until the link is up: whatever it reads meanwhile, nothing is written."""
    seen = set()
    while (states := await lab.states()) != ("ACTIVE", "ACTIVE"):
        seen.add(states)
        plan = await lab.plan()
        assert plan.actions == (), f"{states}: {plan.actions}"
        await asyncio.sleep(0.3)
    return seen


async def again(lab: PeeringLab) -> None:
    """What a run did not do the next ones do, until there is nothing left; never more than three."""
    for _ in range(3):
        applied = await lab.apply()
        if applied.outcome is None and not applied.plan.deferred:
            break
    await lab.until(lambda states: states == ("ACTIVE", "ACTIVE"))
    plan = await lab.plan()
    assert (plan.actions, plan.deferred) == ((), ())


async def quiet(lab: PeeringLab) -> None:
    """Both ends are up, the same rows as ever, and there is nothing to do or to tell.

    Their indexes may move: the servers of a cluster that come and go are told to its peers.
    """
    await comes_up(lab)
    before = await lab.marks()
    applied = await lab.apply()
    assert applied.outcome is None, applied.plan.actions
    assert (await lab.drift()).drifted == ()
    after = await lab.marks()
    assert {n: m and m[0] for n, m in after.items()} == {n: m and m[0] for n, m in before.items()}


async def test_a_run_works_the_same_at_a_follower_as_at_the_leader(several: Several, tmp_path: Path) -> None:
    several.elected()
    lab = PeeringLab(several, tmp_path, "follower", more=MORE)

    await lab.converges()
    await lab.rotate()
    await lab.is_stable()
    await lab.removed()


@pytest.mark.parametrize("moment", ["at the first action", "once the peering is made"])
async def test_the_leader_dies_in_the_middle_of_an_apply(
    several: Several, tmp_path: Path, moment: str
) -> None:
    leader = several.elected()
    kind: type = Started if moment == "at the first action" else Succeeded
    lab = PeeringLab(several, tmp_path, "killed" if kind is Started else "later", more=MORE)
    lab.events = Trap(
        lambda e: isinstance(e, kind) and (kind is Started or e.address.type == "peering"), leader.stop
    )

    applied = await lab.apply()

    assert lab.events.sprung  # type: ignore[attr-defined]
    assert applied.outcome is not None
    for failed in applied.outcome.failed:
        assert isinstance(failed.error, ProviderError)
        assert failed.error.cluster in ("dc1", "dc2"), failed.error.message
    lab.events = []
    await again(lab)
    several.elected()
    await quiet(lab)
    await lab.removed()


async def test_after_an_election_nothing_is_written_to_a_link_that_comes_up_again(
    several: Several, tmp_path: Path
) -> None:
    leader = several.elected()
    lab = PeeringLab(several, tmp_path, "quiet")
    await lab.converges()
    before = await lab.marks()

    leader.stop()
    seen = await comes_up(lab)

    after = await lab.marks()
    assert {n: m and m[0] for n, m in after.items()} == {n: m and m[0] for n, m in before.items()}
    assert all({one, other} <= {"ACTIVE", "FAILING", "PENDING", "ESTABLISHING"} for one, other in seen)
    several.elected()
    await comes_up(lab)
    await quiet(lab)
    await lab.removed()


async def test_the_leader_dies_during_a_rotation(several: Several, tmp_path: Path) -> None:
    leader = several.elected()
    lab = PeeringLab(several, tmp_path, "rotated")
    await lab.converges()
    lab.events = Trap(lambda event: isinstance(event, Started), leader.stop)

    rotated = await lab.rotate()

    assert lab.events.sprung  # type: ignore[attr-defined]
    assert rotated.outcome is not None
    lab.events = []
    await again(lab)
    several.elected()
    await comes_up(lab)
    assert (await lab.rotate()).outcome.failed == ()  # type: ignore[union-attr]
    await quiet(lab)
    await lab.removed()


def command(lab: PeeringLab, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the product's command beside the configuration."""
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=lab.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_follower_that_is_asked_dies(several: Several, tmp_path: Path) -> None:
    several.elected()
    lab = PeeringLab(several, tmp_path, "asked", more=MORE)
    await lab.converges()
    state = sorted((tmp_path / "state").glob("*"))
    asked = several.asked

    asked.stop()
    planned = await asyncio.to_thread(command, lab, "plan", "-detailed-exitcode")
    applied = await asyncio.to_thread(command, lab, "apply", "-auto-approve")
    drifted = await asyncio.to_thread(command, lab, "drift")

    for ended in (planned, applied, drifted):
        assert "dc1 did not answer (connection refused, " in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
    assert (planned.returncode, applied.returncode, drifted.returncode) == (1, 1, 1)
    assert sorted((tmp_path / "state").glob("*")) == state
    asked.start()
    several.elected()
    several.asked = asked
    await again(lab)
    await lab.removed()


async def test_the_follower_that_is_asked_dies_in_the_middle(several: Several, tmp_path: Path) -> None:
    several.elected()
    lab, asked = PeeringLab(several, tmp_path, "middle", more=MORE), several.asked
    lab.events = Trap(lambda event: isinstance(event, Started), asked.stop)

    applied = await lab.apply()

    assert applied.outcome is not None
    assert applied.outcome.failed
    assert all(failed.error.cluster == "dc1" for failed in applied.outcome.failed)
    asked.start()
    several.elected()
    several.asked = asked
    lab.events = []
    await again(lab)
    await lab.removed()
