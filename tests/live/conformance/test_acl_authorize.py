"""What a token may do: every question is answered as real servers of all versions answered it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.emulator import ClusterSpec, Request, Response, World
from tests.recorded.recording.acl_questions import DATA, Call, of_agent, play, questions
from tests.support.agents import MANAGEMENT, Agent, binaries

RECORDED: dict[str, list[dict[str, Any]]] = json.loads(DATA.read_text())
VERSIONS = sorted({version for answers in RECORDED.values() for a in answers for version in a["versions"]})


def recorded(name: str, version: str) -> tuple[int, Any]:
    answer = next(answer for answer in RECORDED[name] if version in answer["versions"])
    return answer["status"], answer["body"]


def of_sandbox(version: str) -> Call:
    world = World(
        [ClusterSpec("dc1", version=version, acl=True, management_token=MANAGEMENT)],
        lambda: 100.0,
        delays=False,
    )

    def call(method: str, path: str, query: str, body: str, token: str) -> tuple[int, Any]:
        reply = world.handle("dc1", Request(method, path, query, {"x-consul-token": token}, body.encode()))
        assert isinstance(reply, Response)
        is_json = reply.headers["Content-Type"].startswith("application/json")
        return reply.status, reply.json() if is_json else reply.body.decode().rstrip()

    return call


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sandbox_answers_as_recorded(version: str) -> None:
    different = {
        name: (status, body, recorded(name, version))
        for name, status, body in play(of_sandbox(version), MANAGEMENT)
        if (status, body) != recorded(name, version)
    }

    assert different == {}


def test_every_question_is_recorded_and_some_are_refused() -> None:
    allowed = [row["Allow"] for a in RECORDED.values() for row in a[0]["body"] if isinstance(row, dict)]

    assert {name for name, *_ in questions()} == RECORDED.keys()
    assert len(allowed) > 500
    assert 0.2 < sum(allowed) / len(allowed) < 0.8


@pytest.mark.live
@pytest.mark.parametrize("version", VERSIONS)
def test_a_real_server_still_answers_as_recorded(version: str, tmp_path: Path) -> None:
    found = binaries()
    if version not in found:
        pytest.skip(f"no Consul {version}: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    agent = Agent("c1", "dc1", found[version], tmp_path, acl=True)
    try:
        agent.start()
        agent.wait()
        for name, status, body in play(of_agent(agent), MANAGEMENT):
            assert (status, body) == recorded(name, version), name
    finally:
        agent.stop()
