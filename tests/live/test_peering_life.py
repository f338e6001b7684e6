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

from tests.live.agents import Agent, binaries
from tests.live.conftest import chosen_versions
from tests.support.peering_lives import LIVES, one_end_dies_and_comes_back
from tests.support.stage import Desk, Refused

pytestmark = pytest.mark.live

VERSIONS = chosen_versions()
NAMES = [life.__name__ for life in LIVES] + [one_end_dies_and_comes_back.__name__]
Outcome = BaseException | None


class RealStage:
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
        async with asyncio.timeout(40):
            while True:
                with suppress(OSError, Refused):
                    await self.call(cluster, "GET", "/v1/peerings")
                    return
                await asyncio.sleep(0.05)

    def close(self) -> None:
        for agent in self.agents.values():
            agent.stop()


async def _outcome(life: Awaitable[None]) -> Outcome:
    try:
        async with asyncio.timeout(120):
            await life
    except (Exception, asyncio.CancelledError) as error:
        return error
    return None


async def _lives(version: str, stage: RealStage, folder: Path) -> dict[tuple[str, str], Outcome]:
    await stage.ready()
    desks = [Desk(stage, folder / f"{n}", f"n{n}") for n, _ in enumerate(LIVES)]
    ended = await asyncio.gather(*(_outcome(life(desk)) for life, desk in zip(LIVES, desks, strict=True)))
    return {(version, name): outcome for name, outcome in zip(NAMES, ended, strict=False)}


async def _restarts(version: str, stage: RealStage, folder: Path) -> dict[tuple[str, str], Outcome]:
    def desk(tag: str, one: str, other: str) -> Desk:
        return Desk(stage, folder / tag, tag, one, other)

    await stage.ready()
    return {(version, NAMES[-1]): await _outcome(one_end_dies_and_comes_back(stage, desk))}


async def _everything(
    stages: Mapping[str, tuple[RealStage, RealStage]], folder: Path
) -> dict[tuple[str, str], Outcome]:
    work: list[Awaitable[dict[tuple[str, str], Outcome]]] = []
    for version, (dev, durable) in stages.items():
        work += [_lives(version, dev, folder / version), _restarts(version, durable, folder / f"{version}-d")]
    return {key: outcome for part in await asyncio.gather(*work) for key, outcome in part.items()}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Outcome]]:
    """How every life ended, on every version."""
    folder = tmp_path_factory.mktemp("lives")
    stages: dict[str, tuple[RealStage, RealStage]] = {}
    try:
        for version in VERSIONS:
            durable = RealStage(version, folder / f"agents-{version}-d", durable=True)
            stages[version] = (RealStage(version, folder / f"agents-{version}"), durable)
        yield asyncio.run(_everything(stages, folder))
    finally:
        for both in stages.values():
            for stage in both:
                stage.close()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("version", VERSIONS or ["none"])
def test_life(outcomes: dict[tuple[str, str], Outcome], version: str, name: str) -> None:
    if not VERSIONS:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    outcome = outcomes[version, name]
    if outcome is not None:
        raise outcome
