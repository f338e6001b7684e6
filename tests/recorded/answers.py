"""Replays recorded answers of single servers: config entries in odd forms, the graph, keys, the catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from reconciler.emulator import Request, Response
from tests.recorded.replay import DATA, STEP_S, Result
from tests.recorded.sandbox import Sandbox
from tests.recorded.worlds import Servers

ANSWERS = DATA / "recorded-answers.jsonl"
INDEXES = ("CreateIndex", "ModifyIndex", "Index", "LockIndex")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOVING = re.compile(r"modify index \d+")
Line = dict[str, Any]


def load_answers() -> dict[str, list[Line]]:
    """Return the recorded requests by group, in file order."""
    groups: dict[str, list[Line]] = {}
    with ANSWERS.open(encoding="utf-8") as file:
        next(file)
        for text in file:
            line = json.loads(text)
            groups.setdefault(line["group"], []).append(line)
    return groups


def versions(lines: list[Line]) -> list[str]:
    """Return the versions that a group was recorded on."""
    return sorted({version for line in lines for answer in line["answers"] for version in answer["versions"]})


def run_answers(lines: list[Line], version: str, servers: Servers | None = None) -> Iterator[Result]:
    """Send every request in order; yield what differs from the recording of this version."""
    servers = servers or Sandbox(version)
    for line in lines:
        wanted = [answer for answer in line["answers"] if version in answer["versions"]]
        if not wanted:
            continue
        deadline = servers.now() + line.get("eventually_s", 0.0) * servers.patience
        problem = _differences(wanted, send(servers, line))
        while problem and servers.now() < deadline:
            servers.wait(STEP_S)
            problem = _differences(wanted, send(servers, line))
        yield Result(line["id"], version, problem)


def _differences(wanted: list[Line], reply: Response) -> str:
    """Say how an answer differs from the first that is recorded; "" where it is one of them."""
    found = [_difference(answer, reply) for answer in wanted]
    return "" if "" in found else found[0]


def _difference(wanted: Any, reply: Response) -> str:
    """Say how an answer differs from the recorded one; "" where it does not."""
    problem = "" if reply.status == wanted["status"] else f"status {reply.status}, not {wanted['status']}"
    if reply.broken or "broken" in wanted:
        return "" if reply.broken == wanted.get("broken") else f"connection {reply.broken!r} {problem}"
    body = steady(_body(reply))
    if body != wanted["response"]:
        problem = f"{problem} expected {wanted['response']!r}, got {body!r}".strip()
    return problem


def answer_of(reply: Response) -> Line:
    """Return an answer in the form that is recorded."""
    if reply.broken:
        return {"status": reply.status, "broken": reply.broken}
    return {"status": reply.status, "response": steady(_body(reply))}


def send(servers: Servers, line: Line) -> Response:
    """Send one line's request."""
    path, _, query = line["path"].partition("?")
    body = line["text"] if "text" in line else json.dumps(line["body"]) if "body" in line else ""
    return servers.ask("A", Request(line["method"], unquote(path), query, {}, body.encode()))


def _body(reply: Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return reply.body.decode().rstrip()


def steady(value: Any) -> Any:
    """Put placeholders where values differ from run to run."""
    if isinstance(value, dict):
        return {key: _named(key, part) for key, part in value.items()}
    if isinstance(value, list):
        return [steady(part) for part in value]
    if isinstance(value, str):
        return MOVING.sub("modify index <index>", UUID.sub("<uuid>", value))
    return value


def _named(key: str, value: Any) -> Any:
    if key in INDEXES:
        return "<index>"
    return {"Hash": "<hash>", "consul-version": "<version>"}.get(key) or steady(value)
