"""What is foreseen of random writes, and what real servers answer to the same writes.

CHAIN_SEEDS sets how many seeds a version gets, CHAIN_FIRST where they begin; a difference names its seed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.emulator import Request
from tests.conformance.chains import Chains
from tests.conformance.real import Real
from tests.live.agents import binaries
from tests.providers.graph.support import Value, difference, graph, step_write

pytestmark = [pytest.mark.live, pytest.mark.row("transitions")]
VERSIONS = list(binaries()) or ["none"]
SEEDS = int(os.environ.get("CHAIN_SEEDS", "2"))
FIRST = int(os.environ.get("CHAIN_FIRST", "100"))
WRITES = 120


def writes(seed: int) -> Iterator[Value]:
    """The writes of a seed, without the questions between them."""
    return (step for step in Chains(seed).steps(WRITES) if step["path"].startswith("/v1/config"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
@pytest.mark.parametrize("version", VERSIONS)
def test_what_servers_answer_was_foreseen(version: str, seed: int, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    servers, foreseen, refused = Real(version, tmp_path, ("A",)), graph(version), 0
    try:
        for step in writes(seed):
            verdict = foreseen.judge(step_write(step))
            body = json.dumps(step["body"]).encode() if "body" in step else b""
            answer = servers.ask("A", Request(step["method"], step["path"], "", {}, body))
            said = answer.body.decode()
            assert not difference(step, verdict, answer.status, said), f"seed {seed}"
            if answer.status == 200:
                foreseen.put(step_write(step))
            refused += bool(verdict.refused)
    finally:
        servers.close()

    assert refused > WRITES / 10
