"""What servers answer to the mistake that a rule is about is what the page of the rule quotes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from reconciler.config.rules.catalogue.record import find
from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler_consul.server.capabilities import parse
from tests.support import yaml_files
from tests.support.agents import Agent

CASES: list[dict[str, Any]] = yaml_files.read((Path(__file__).parent / "quoted.yaml").read_text())
VERSIONS = ("1.14", "1.16", "1.18", "1.20", "1.22")


def _from(version: str) -> Iterator[dict[str, Any]]:
    """The cases that hold for a version."""
    known = parse(version)
    assert known is not None
    yield from (case for case in CASES if known[:2] >= (parse(case.get("from", "1.14")) or known)[:2])


def test_pages_quote_it() -> None:
    for case in CASES:
        page = find(case["rule"])
        assert page is not None, case["rule"]
        assert case["says"] in " ".join(page.why.split()), case["rule"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sandbox_answers_so(version: str) -> None:
    wrong = []
    for case in _from(version):
        world = World([ClusterSpec("dc1", version=version, port=8500)], clock=time.monotonic, delays=False)
        replies = [_put(world, entry) for entry in case["entries"]]
        if (
            any(reply.status != 200 for reply in replies[:-1])
            or case["says"] not in replies[-1].body.decode()
        ):
            wrong.append((case["rule"], [(reply.status, reply.body.decode()) for reply in replies]))
    assert wrong == []


def _put(world: World, entry: dict[str, Any]) -> Response:
    reply = world.handle("dc1", Request("PUT", "/v1/config", "", {}, json.dumps(entry).encode()))
    assert isinstance(reply, Response)
    return reply


@pytest.mark.live
def test_servers_answer_so(agent: Agent) -> None:
    found: Any = agent.call("GET", "/v1/agent/self")
    wrong = []
    for case in _from(str(found["Config"]["Version"])):
        *first, last = case["entries"]
        for entry in first:
            assert agent.call("PUT", "/v1/config", entry) is True
        answer = _refusal(agent, last)
        if case["says"] not in answer:
            wrong.append((case["rule"], answer))
        for entry in [last, *reversed(first)]:
            agent.call("DELETE", f"/v1/config/{entry['Kind']}/{entry['Name']}")
    assert wrong == []


def _refusal(agent: Agent, entry: dict[str, Any]) -> str:
    """What a server says to a write; empty where it takes it."""
    try:
        agent.call("PUT", "/v1/config", entry)
    except HTTPError as refused:
        with refused:
            return refused.read().decode()
    return ""
