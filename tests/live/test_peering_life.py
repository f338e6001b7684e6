"""The lives of peerings on real servers, through the whole product.

Servers answer changes of peerings once in five seconds, however many there are. So all lives of all versions
run at once, in a loop of their own, and each test tells how one of them ended.
"""

from __future__ import annotations

import asyncio
import urllib.error
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import chosen_versions
from tests.live.rotation_watch import EXPORT, prepare, rotated_under_watch
from tests.support.agents import Agent, binaries
from tests.support.patience import LIMIT
from tests.support.peerings.lab import PeeringLab, Refused
from tests.support.peerings.lives import LIVES, RECONNECTS, one_end_dies_and_comes_back

pytestmark = pytest.mark.live

VERSIONS = chosen_versions()
RESTARTS, WATCHED = one_end_dies_and_comes_back.__name__, rotated_under_watch.__name__
NAMES = [*(life.__name__ for life in LIVES), RESTARTS, WATCHED]
Outcome = BaseException | None


class RealServers:
    """Three dev servers; or two that keep their data, to be killed and started again."""

    transports: Mapping[str, object] = {}

    def __init__(self, version: str, folder: Path, *, durable: bool = False) -> None:
        folder.mkdir()
        binary = binaries()[version]
        self.agents = {
            f"dc{i}": Agent(f"c{i}", f"dc{i}", binary, folder, durable=durable)
            for i in range(1, 3 if durable else 4)
        }
        for agent in self.agents.values():
            agent.start()

    def address(self, cluster: str) -> str:
        return self.agents[cluster].address

    async def call(self, cluster: str, method: str, path: str, body: object = None) -> Any:
        try:
            return await asyncio.to_thread(self.agents[cluster].call, method, path, body)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, error.read().decode()) from None

    async def ready(self) -> None:
        await asyncio.gather(*(asyncio.to_thread(agent.wait) for agent in self.agents.values()))

    async def stop(self, cluster: str) -> None:
        await asyncio.to_thread(self.agents[cluster].stop)

    async def start(self, cluster: str) -> None:
        """Only until it answers: whatever else is written would wake its leader's loop."""
        self.agents[cluster].start()
        async with asyncio.timeout(LIMIT):
            while True:
                with suppress(OSError, Refused):
                    await self.call(cluster, "GET", "/v1/peerings")
                    return
                await asyncio.sleep(0.05)

    def close(self) -> None:
        for agent in self.agents.values():
            agent.stop()


async def _outcome(life: Awaitable[None], limit: float = 120.0) -> Outcome:
    try:
        async with asyncio.timeout(limit):
            await life
    except TimeoutError as error:
        error.add_note(f"it was not over after {limit:.0f} s; the innermost frame says what was waited for")
        return error
    except (Exception, asyncio.CancelledError) as error:
        return error
    return None


async def _lives(version: str, servers: RealServers, folder: Path) -> dict[tuple[str, str], Outcome]:
    await servers.ready()
    desks = [PeeringLab(servers, folder / f"{n}", f"n{n}") for n, _ in enumerate(LIVES)]
    ended = await asyncio.gather(*(_outcome(life(lab)) for life, lab in zip(LIVES, desks, strict=True)))
    return {(version, name): outcome for name, outcome in zip(NAMES, ended, strict=False)}


async def _restarts(version: str, servers: RealServers, folder: Path) -> dict[tuple[str, str], Outcome]:
    def lab(tag: str, one: str, other: str) -> PeeringLab:
        return PeeringLab(servers, folder / tag, tag, one, other)

    await servers.ready()
    # Away for half a minute on a busy machine, an end is dialed again only after two.
    return {
        (version, RESTARTS): await _outcome(one_end_dies_and_comes_back(servers, lab), 120 + 2 * RECONNECTS)
    }


async def _everything(
    stages: Mapping[str, tuple[RealServers, RealServers]], folder: Path
) -> dict[tuple[str, str], Outcome]:
    work: list[Awaitable[dict[tuple[str, str], Outcome]]] = []
    for version, (dev, durable) in stages.items():
        work += [_lives(version, dev, folder / version), _restarts(version, durable, folder / f"{version}-d")]
    watched = {v: PeeringLab(dev, folder / f"{v}-w", "w", more=EXPORT) for v, (dev, _) in stages.items()}
    work += [_prepared(version, lab) for version, lab in watched.items()]
    ended = await asyncio.gather(*work)
    # By now there were heartbeats, and nothing else keeps the servers busy.
    ended += await asyncio.gather(*(_watched(version, lab) for version, lab in watched.items()))
    return {key: outcome for part in ended for key, outcome in part.items()}


async def _prepared(version: str, lab: PeeringLab) -> dict[tuple[str, str], Outcome]:
    assert isinstance(lab.servers, RealServers)
    await lab.servers.ready()
    return {(version, WATCHED): await _outcome(prepare(lab, lab.servers.agents))}


async def _watched(version: str, lab: PeeringLab) -> dict[tuple[str, str], Outcome]:
    assert isinstance(lab.servers, RealServers)
    return {(version, WATCHED): await _outcome(rotated_under_watch(lab, lab.servers.agents))}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Outcome]]:
    """How every life ended, on every version."""
    folder = tmp_path_factory.mktemp("lives")
    stages: dict[str, tuple[RealServers, RealServers]] = {}
    try:
        for version in VERSIONS:
            durable = RealServers(version, folder / f"agents-{version}-d", durable=True)
            stages[version] = (RealServers(version, folder / f"agents-{version}"), durable)
        yield asyncio.run(_everything(stages, folder))
    finally:
        for both in stages.values():
            for servers in both:
                servers.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("version", VERSIONS or ["none"])
def test_life(outcomes: dict[tuple[str, str], Outcome], version: str, name: str) -> None:
    if not VERSIONS:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    outcome = outcomes[version, name]
    if outcome is not None:
        raise outcome


@pytest.fixture
def beta(tmp_path: Path) -> Iterator[RealServers]:
    """A cluster of the beta beside one that peers."""
    found = binaries(every=True)
    if "1.13" not in found or not VERSIONS:
        pytest.skip("no consul-1.13 beside a later one in CONSUL_BIN_DIR")
    servers = RealServers(VERSIONS[0], tmp_path / "agents")
    try:
        servers.agents["dc3"].stop()
        servers.agents["dc3"] = Agent("old", "dc3", found["1.13"], tmp_path / "agents")
        servers.agents["dc3"].start()
        yield servers
    finally:
        servers.close()


async def test_a_cluster_with_the_peering_beta_defers_its_peerings_and_the_rest_goes_on(
    beta: RealServers, tmp_path: Path
) -> None:
    await beta.ready()
    entry = "config_entries: {dc3: [{Kind: service-defaults, Name: api, Protocol: http}]}"
    lab = PeeringLab(beta, tmp_path / "configuration", "old", "dc1", "dc3", entry)

    applied = await lab.apply()

    assert applied.outcome is not None
    assert [str(change.address) for change in applied.plan.actions] == ["service_defaults.dc3/api"]
    assert (applied.outcome.added, applied.outcome.failed) == (1, ())
    (deferred,) = applied.plan.deferred
    assert "peering needs Consul 1.14 or later: dc3 runs 1.13" in deferred.because
    assert await lab.states() == ("gone", "gone")
    # Why: by hand both calls answer 200, and the link then fails for good.
    await lab.establish(await lab.token("dc3"), "dc1")
    await lab.until(lambda states: states == ("FAILING", "FAILING"))
