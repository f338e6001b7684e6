"""The lives of peerings on the sandbox, with the delays and rhythm of real servers, on a virtual clock."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.serve.transport import SandboxTransport
from tests.support.peerings.lab import PeeringLab, Refused
from tests.support.peerings.lives import LIVES, Life, one_end_dies_and_comes_back
from tests.support.virtual import CLOCK


class SandboxServers:
    """Three emulated clusters."""

    def __init__(self, version: str, *others: str) -> None:
        versions = [version, version, version]
        versions[len(versions) - len(others) :] = others
        self.specs = [
            ClusterSpec(f"dc{i}", version=found, port=8500 + 20 * i) for i, found in enumerate(versions, 1)
        ]
        self.world = World(self.specs, clock=CLOCK)

    def address(self, cluster: str) -> str:
        return self.world.url(cluster)

    @property
    def transports(self) -> Mapping[str, object]:
        return dict.fromkeys((spec.name for spec in self.specs), SandboxTransport(self.world))

    async def call(self, cluster: str, method: str, path: str, body: object = None) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        reply = self.world.handle(cluster, Request(method, path, "", {}, content))
        assert isinstance(reply, Response)
        if reply.status >= 300:
            raise Refused(reply.status, reply.body.decode())
        return json.loads(reply.body) if reply.body.strip() else None

    async def stop(self, cluster: str) -> None:
        self.world.down(cluster)

    async def start(self, cluster: str) -> None:
        self.world.up(cluster)


VERSIONS = ["1.14", "1.20"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)
async def test_life(life: Life, version: str, tmp_path: Path) -> None:
    await life(PeeringLab(SandboxServers(version), tmp_path, life.__name__.replace("_", "-")[:40]))


@pytest.mark.long
@pytest.mark.parametrize("version", VERSIONS)
async def test_one_end_dies_and_comes_back(version: str, tmp_path: Path) -> None:
    servers = SandboxServers(version)

    def lab(tag: str, one: str, other: str) -> PeeringLab:
        return PeeringLab(servers, tmp_path / tag, tag, one, other)

    await one_end_dies_and_comes_back(servers, lab)


@pytest.mark.parametrize("name", ["token", "establish", "Upper", "-x"])
async def test_names_that_cannot_be_are_refused_before_any_contact(name: str, tmp_path: Path) -> None:
    lab = PeeringLab(SandboxServers("1.20"), tmp_path, "x")
    text = (tmp_path / "main.yaml").read_text().replace("dc2-x", name)
    (tmp_path / "main.yaml").write_text(text)

    found = app.validate(lab.options())

    assert [problem.is_error for problem in found.diagnostics] == [True]
    assert name in found.diagnostics[0].summary


BETA = """exports: {dc3: {api: [dc1]}}
config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http}]}
"""


async def test_a_cluster_of_the_beta_defers_its_peerings_and_what_hangs_on_them(tmp_path: Path) -> None:
    servers = SandboxServers("1.20", "1.13")
    lab = PeeringLab(servers, tmp_path, "old", "dc1", "dc3", BETA)

    plan = await lab.plan()
    applied = await lab.apply()

    told = {str(item.address): (item.code, item.because) for item in plan.deferred}
    assert told["peering.dc1/dc3"] == (
        "not-supported",
        "peering needs Consul 1.14 or later: dc3 runs 1.13.9, where it was a beta",
    )
    assert told["exported_services.dc3/default"][0] == "unknown-dependency"
    assert applied.outcome is not None
    assert (applied.outcome.added, applied.outcome.failed) == (1, ())
    assert await lab.states() == ("gone", "gone")
