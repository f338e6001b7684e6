"""Requests as bytes: the sandbox's HTTP server takes and refuses what Go's does, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.agents import binaries

from .raw import load_raw, play_sandbox, run_raw, started
from .real import recorded_as
from .replay import group_versions

GROUPS = load_raw()
VERSIONS = group_versions(line for lines in GROUPS.values() for line in lines)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_sandbox_takes_what_go_takes(version: str) -> None:
    results = await play_sandbox(GROUPS, version)
    assert results
    assert [result for result in results if result.problem] == []


@pytest.mark.live
@pytest.mark.row("conformance")
def test_real_servers_answer_bytes_as_recorded(tmp_path: Path) -> None:
    found = {version: recorded_as(version, VERSIONS) for version in binaries(every=True)}
    version = next((version for version, known in found.items() if known), None)
    if version is None:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    agent = started(version, tmp_path)
    try:
        address = ("127.0.0.1", agent.ports["http"])
        results = [r for lines in GROUPS.values() for r in run_raw(lines, found[version] or "", address)]
        assert [result for result in results if result.problem] == []
    finally:
        agent.stop()
