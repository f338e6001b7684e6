"""Agents for a whole session: starting one costs a second, and tests clean up after themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agents import Agent, binaries

HERE = str(Path(__file__).parent) + os.sep
VERSIONS = "1.20,1.16"  # two for speed; CONSUL_VERSIONS=1.14,1.18 asks for others


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With pytest-xdist's `loadgroup` one worker has a file: several would each start all its servers."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        if str(item.path).startswith(HERE) and item.get_closest_marker("live"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def chosen_versions(*, every: bool = False) -> list[str]:
    found = binaries(every=every)
    asked = os.environ.get("CONSUL_VERSIONS", VERSIONS).split(",")
    return [version for version in asked if version in found] or list(found)[:2]


@pytest.fixture(scope="session", params=chosen_versions() or ["none"])
def trio(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Agent]]:
    """Three clusters of one version, without ACLs."""
    yield from running(request.param, 3, tmp_path_factory.mktemp("agents"), acl=False)


@pytest.fixture(scope="session", params=chosen_versions() or ["none"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Agent]]:
    """Two clusters with ACLs that deny by default."""
    yield from running(request.param, 2, tmp_path_factory.mktemp("guarded"), acl=True)


def running(version: str, count: int, folder: Path, *, acl: bool) -> Iterator[list[Agent]]:
    found = binaries(every=True)
    if version not in found:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    agents = [Agent(f"c{i}", f"dc{i}", found[version], folder, acl) for i in range(1, count + 1)]
    try:
        for agent in agents:
            agent.start()
        for agent in agents:
            agent.wait()
        yield agents
    finally:
        for agent in agents:
            agent.stop()
