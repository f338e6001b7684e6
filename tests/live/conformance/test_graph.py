"""The model beside real servers: every random write is taken by both or by neither.

GRAPH_SEEDS sets how many seeds a version gets, GRAPH_FIRST where they begin; a difference names its seed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import Request, Response
from reconciler.emulator.core.versions import parse_version
from tests.recorded.chain_compare import Twin
from tests.recorded.recording.real import Real
from tests.support.agents import binaries
from tests.unit.consul.graph.more import More
from tests.unit.consul.graph.support import difference, graph, step_write
from tests.unit.consul.graph.test_judge import CASES

pytestmark = [pytest.mark.live, pytest.mark.row("conformance")]
VERSIONS = list(binaries()) or ["none"]
SEEDS = int(os.environ.get("GRAPH_SEEDS", "1"))
FIRST = int(os.environ.get("GRAPH_FIRST", "500"))
WRITES = 150


def compared(version: str, seed: int, folder: Path) -> list[str]:
    """Play one seed and return the differences; what a server does not live to answer is not sent."""
    folder.mkdir()
    servers, twin, made = Real(version, folder, ("A",)), Twin(version), graph(version)
    found: list[str] = []
    try:
        for step in More(seed).writes(WRITES):
            if not survives(twin, step):
                continue
            asked = step_write(step)
            verdict = made.judge(asked)
            said = ask(servers, step)
            if said.status == 200:
                made.put(asked)
                twin.take(step)
            text = difference(step, verdict, said.status, said.body.decode("utf-8", "replace"))
            found += [f"seed {seed}: {text}"] if text else []
    finally:
        servers.close()
    return found


def survives(twin: Twin, step: dict[str, Any]) -> bool:
    """Whether a server lives to answer."""
    mesh = step.get("body", {}).get("Kind") == "mesh" or "/mesh/" in step["path"]
    return mesh or twin.possible(step) is not None


def ask(servers: Real, step: dict[str, Any]) -> Response:
    body = json.dumps(step["body"]).encode() if "body" in step else b""
    return servers.ask("A", Request(step["method"], step["path"], "", {}, body))


def wipe(servers: Real) -> None:
    """Delete every entry, in whatever order the server takes it."""
    for _ in range(8):
        left = ask(servers, {"method": "GET", "path": "/v1/config/"}).json()
        for entry in left:
            name = entry.get("Name") or "mesh"
            ask(servers, {"method": "DELETE", "path": f"/v1/config/{entry['Kind']}/{name}"})
    assert not left


def played(version: str, folder: Path) -> list[str]:
    """Play every case that is about this version, and return the differences."""
    folder.mkdir()
    servers = Real(version, folder, ("A",))
    found: list[str] = []
    try:
        for name, case in CASES.items():
            if (case.version == "1.14") == (parse_version(version).minor < 16):
                wipe(servers)
                said = [ask(servers, step) for step in (*case.standing, case.write)]
                refused = said[-1].body.decode("utf-8", "replace") if said[-1].status != 200 else ""
                fits = case.refused in refused and bool(case.refused) == bool(refused)
                if not fits or any(reply.status != 200 for reply in said[:-1]):
                    found.append(f"{name}: {[reply.status for reply in said]} {refused}")
    finally:
        servers.close()
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_server_says_what_the_cases_say(version: str, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    assert not played(version, tmp_path / "servers")


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_server_takes_what_the_model_takes(version: str, seed: int, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    assert not compared(version, seed, tmp_path / "servers")
