"""The same recordings, played against real agents: what the sandbox is held to is what servers do.

By default a short selection on two versions; with CONSUL_VERSIONS every group on each version that it names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.recorded.answers import load_answers, run_answers
from tests.recorded.answers import versions as answer_versions
from tests.recorded.limits import VARYING
from tests.recorded.recording.real import Real, kind_of, recorded_as
from tests.recorded.replay import Line, Replayer, Result, clusters_used, group_versions, load
from tests.support.agents import binaries

pytestmark = [pytest.mark.live, pytest.mark.row("conformance")]

GROUPS = load()
ANSWERS = load_answers()
DEFAULT = ("1.20", "1.16")
SHORT = (
    "peering-empty", "token-requests", "establish-requests", "peering-lifecycle", "delete-pending",
    "config-verbs", "config-request-errors", "config-forms", "config-exports", "config-resolver-peer",
    "intentions", "acl-config", "order-delete", "order-exports", "cas-service-defaults", "cas-keys",
)  # fmt: skip
TRIES = 2  # a server's rhythm and its elections are its own: what differs twice on fresh servers differs


def chosen() -> Iterator[tuple[str, str]]:
    """Yield version and group."""
    found = binaries(every=True)
    asked = os.environ.get("CONSUL_VERSIONS")
    names = [v for v in (asked.split(",") if asked else DEFAULT) if v in found]
    for version in names or list(found)[-1:]:
        for group, lines in GROUPS.items():
            if (asked or group in SHORT) and recorded_as(version, group_versions(lines)):
                yield version, group


def fresh(lines: list[Line], version: str, folder: Path) -> Real:
    folder.mkdir()
    return Real(version, folder, clusters_used(lines), **kind_of(lines))


def played(lines: list[Line], version: str, folder: Path) -> list[Result]:
    """Play a group on fresh agents."""
    recorded = recorded_as(version, group_versions(lines))
    assert recorded is not None
    servers = fresh(lines, version, folder)
    try:
        return [result for result in Replayer(lines, recorded, servers).run() if matters(result)]
    finally:
        servers.close()


CASES = list(chosen()) or [("none", "none")]


@pytest.mark.parametrize(("version", "group"), CASES)
def test_real_servers_answer_as_recorded(version: str, group: str, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    for number in range(TRIES):
        different = played(GROUPS[group], version, tmp_path / str(number))
        if not different:
            return
    assert not different


ANSWER_CASES: list[Any] = [
    (version, group)
    for version in dict.fromkeys(version for version, _ in CASES)
    for group, lines in ANSWERS.items()
    if version == "none" or recorded_as(version, answer_versions(lines))
]


@pytest.mark.parametrize(("version", "group"), ANSWER_CASES)
def test_real_servers_give_the_recorded_answers(version: str, group: str, tmp_path: Path) -> None:
    if version == "none":
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    recorded = recorded_as(version, answer_versions(ANSWERS[group]))
    assert recorded is not None
    for number in range(TRIES):
        different = answered(group, version, recorded, tmp_path / str(number))
        if not different:
            return
    assert not different


def matters(result: Result) -> bool:
    """Say whether a difference counts: where servers vary from run to run, only the status does."""
    return bool(result.problem) and (result.id not in VARYING or result.problem.startswith("status "))


def answered(group: str, version: str, recorded: str, folder: Path) -> list[Result]:
    """Send a group's requests to a fresh agent."""
    folder.mkdir()
    servers = Real(version, folder, ("A",))
    try:
        results = run_answers(ANSWERS[group], recorded, servers)
        return [result for result in results if matters(result)]
    finally:
        servers.close()
