"""Random routers, splitters, resolvers and what they depend on, written to a server and to the sandbox.

Each write is judged alike, and each compiled chain is the same. CHAIN_SEEDS sets how many seeds a version
gets, CHAIN_FIRST where they begin; a difference names its seed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reconciler.emulator import Request, Response
from tests.recorded.chain_compare import Twin, differs
from tests.recorded.recording.chains import Chains
from tests.recorded.recording.real import Real
from tests.support.agents import binaries

pytestmark = [pytest.mark.live, pytest.mark.row("conformance")]
VERSIONS = list(binaries()) or ["none"]
SEEDS = int(os.environ.get("CHAIN_SEEDS", "2"))
FIRST = int(os.environ.get("CHAIN_FIRST", "100"))
WRITES = 120


def ask(servers: Real, step: dict[str, object]) -> Response:
    path, _, query = str(step["path"]).partition("?")
    body = json.dumps(step["body"]).encode() if "body" in step else b""
    return servers.ask("A", Request(str(step["method"]), path, query, {}, body))


def compared(version: str, seed: int, folder: Path) -> list[str]:
    """Play one seed and return the differences; what a server does not live to answer is not sent."""
    folder.mkdir()
    servers, twin = Real(version, folder, ("A",)), Twin(version)
    found = []
    try:
        for step in Chains(seed).steps(WRITES):
            texts = twin.possible(step) if step["path"].startswith("/v1/config") else []
            if texts is None or (texts == [] and step["method"] != "PUT" and not twin.is_certain(step)):
                continue
            if difference := differs(step, twin, ask(servers, step), texts):
                found.append(f"seed {seed}: {difference}")
    finally:
        servers.close()
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
@pytest.mark.parametrize("version", VERSIONS)
def test_chains_are_judged_and_compiled_alike(version: str, seed: int, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    assert not compared(version, seed, tmp_path / "servers")
