"""Words, types and fields that servers refuse: errors of `validate`, refused by sandbox and servers."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from reconciler.config.fields.known import shape_of, table
from reconciler.config.load import load
from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler_consul.server.capabilities import parse
from tests.support import yaml_files
from tests.support.agents import Agent

CASES: list[dict[str, Any]] = yaml_files.read((Path(__file__).parent / "refused.yaml").read_text())
VERSIONS = ("1.14", "1.16", "1.18", "1.20", "1.22")
# Enterprise's, or of a field that no server here refuses.
UNTRIED = {"control-plane-request-limit"}


def _id(case: dict[str, Any]) -> str:
    return json.dumps(case["entry"])[:80]


def _since(case: dict[str, Any]) -> tuple[int, int]:
    major, minor = case["from"].split(".")
    return int(major), int(minor)


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_validate_says_so_by_rule_and_place(case: dict[str, Any], tmp_path: Path) -> None:
    clusters = {"dc1": {"address": "http://127.0.0.1:8500"}}
    configuration = {"clusters": clusters, "config_entries": {"dc1": [case["entry"]]}}
    text = json.dumps(configuration)
    (tmp_path / "a.yaml").write_text(text)

    found = load(tmp_path).diagnostics

    [told] = [problem for problem in found if problem.code == case["rule"]]
    assert told.is_error
    assert told.position is not None
    assert told.position.column > text.index('"dc1": [')


def test_every_enumeration_of_the_table_has_a_case() -> None:
    tried = {problem for case in CASES if case["rule"] == "bad-value" for problem in _words(case["entry"])}
    listed = {(kind, path.rsplit(".", 1)[-1]) for kind, known in table().items() for path in _choices(known)}
    assert {pair for pair in listed - tried if pair[0] not in UNTRIED} == set()


def _words(value: Any, kind: str = "") -> set[tuple[str, str]]:
    if isinstance(value, list):
        return {pair for item in value for pair in _words(item, kind)}
    if not isinstance(value, dict):
        return set()
    kind = kind or value["Kind"]
    return {(kind, name) for name in value} | {pair for item in value.values() for pair in _words(item, kind)}


def _choices(known: Any) -> list[str]:
    return [path for path, said in known.items() if ", one of " in said]


def test_shapes_are_made_of_the_whole_table() -> None:
    assert all(shape_of(kind) is not None for kind in table())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sandbox_refuses_what_servers_refuse(version: str) -> None:
    number = parse(version)
    assert number is not None
    wrong = []
    for case in CASES:
        world = World([ClusterSpec("dc1", version=version, port=8500)], clock=time.monotonic, delays=False)
        reply = world.handle("dc1", Request("PUT", "/v1/config", "", {}, json.dumps(case["entry"]).encode()))
        assert isinstance(reply, Response)
        if number[:2] >= _since(case) and (reply.status == 200) != ("drops" in case):
            wrong.append((reply.status, case["entry"]))
    assert wrong == []


@pytest.mark.live
def test_servers_refuse_it(agent: Agent) -> None:
    found: Any = agent.call("GET", "/v1/agent/self")
    number = parse(str(found["Config"]["Version"]))
    assert number is not None
    for case in CASES:
        if number[:2] < _since(case) or number < (1, 14, 0):
            continue
        kind = case["entry"]["Kind"]
        if "drops" in case:
            assert agent.call("PUT", "/v1/config", case["entry"]) is True
            assert case["drops"] not in agent.call("GET", f"/v1/config/{kind}/{case['entry']['Name']}")
            agent.call("DELETE", f"/v1/config/{kind}/{case['entry']['Name']}")
            continue
        with pytest.raises(HTTPError) as refused:
            agent.call("PUT", "/v1/config", case["entry"])
        refused.value.close()
        assert refused.value.code in (400, 500), case["entry"]
