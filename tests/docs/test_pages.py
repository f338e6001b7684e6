"""Guides whose commands run: on the sandbox, and alike on real servers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.clusters import sandbox
from tests.docs.pages import CLUSTERS, Reader, matches
from tests.support.agents import Agent, binaries

pytestmark = pytest.mark.long

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
_OF_STATES = ("undo.md", "lost-state.md", "shared-state.md", "audit.md")
ALONE = ("changing-protocols.md", *_OF_STATES, "access.md", "guards.md")
PEERED = ("policies.md", "doctor.md", "rehearsals.md")
VERSIONS = list(binaries())[-1:] or ["none"]


def followed(page: str, folder: Path, addresses: Mapping[str, str]) -> int:
    """Follow a page; gives how many commands it had."""
    folder.mkdir()
    count = 0
    for command, printed in Reader(folder, addresses).follows((GUIDES / page).read_text()):
        assert matches(command.printed, printed), f"$ {command.line}\n{command.printed}\nbut it is\n{printed}"
        count += 1
    return count


@pytest.mark.parametrize("page", [*ALONE, *PEERED])
def test_a_guide_prints_what_it_says_on_the_sandbox(page: str, tmp_path: Path) -> None:
    with sandbox(tmp_path, ",".join(CLUSTERS)) as addresses:
        assert followed(page, tmp_path / "run", addresses) > 3


@pytest.mark.live
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("page", [*ALONE, *PEERED])
def test_a_guide_prints_what_it_says_on_real_servers(page: str, version: str, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    names = CLUSTERS if page in PEERED else CLUSTERS[:1]
    agents = [Agent(f"c-{name}", name, binaries()[version], tmp_path) for name in names]
    try:
        for agent in agents:
            agent.start()
        for agent in agents:
            agent.wait()
        addresses = {agent.datacenter: agent.address for agent in agents}
        assert followed(page, tmp_path / "run", addresses) > 3
    finally:
        for agent in agents:
            agent.stop()
