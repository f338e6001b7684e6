"""Requests as bytes: the sandbox's HTTP server takes and refuses what Go's does, word for word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.recorded.recording.raw import load_raw, play_sandbox, run_raw, started
from tests.recorded.recording.real import recorded_as
from tests.recorded.replay import group_versions
from tests.support.agents import binaries

GROUPS = load_raw()
DEFAULT = "1.20"
VERSIONS = group_versions(line for lines in GROUPS.values() for line in lines)


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_sandbox_takes_what_go_takes(version: str) -> None:
    results = await play_sandbox(GROUPS, version)
    assert results
    assert [result for result in results if result.problem] == []


def on_servers() -> list[str]:
    """Return the versions to play on: those that are asked for, else the default one."""
    asked = os.environ.get("CONSUL_VERSIONS", DEFAULT).split(",")
    found = [
        version for version in binaries(every=True) if version in asked and recorded_as(version, VERSIONS)
    ]
    return found or ["none"]


@pytest.mark.live
@pytest.mark.row("conformance")
@pytest.mark.parametrize("version", on_servers())
def test_real_servers_answer_bytes_as_recorded(version: str, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    recorded = recorded_as(version, VERSIONS)
    assert recorded is not None
    agent = started(version, tmp_path)
    try:
        address = ("127.0.0.1", agent.ports["http"])
        results = [one for lines in GROUPS.values() for one in run_raw(lines, recorded, address)]
        assert [result for result in results if result.problem] == []
    finally:
        agent.stop()
