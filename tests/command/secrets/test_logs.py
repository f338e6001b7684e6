"""`-v` and `--log-format json`: each request is told on stderr, never what was in it; stdout stays clean."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

import pytest

from reconciler.cli.logs import message
from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox

KEYS = {"@level", "@message", "@module", "@timestamp"}
REQUEST = {"event", "cluster", "method", "path", "attempt", "status", "outcome", "elapsed_ms"}


def logged(text: str, module: str = "reconciler.http") -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(line.keys() >= KEYS for line in lines)
    return [line for line in lines if line["@module"] == module]


def test_nothing_is_logged_unasked(lab: CommandLab) -> None:
    assert lab.run("plan").expect(0).err == ""


def test_each_request_is_a_line(lab: CommandLab, clusters: Sandbox) -> None:
    ended = lab.run("plan", "-v").expect(0)
    wire = [f"{r.cluster} {r.method} {r.path}: 200" for r in clusters.world.requests]
    told = [line.split("reconciler.http: ")[1] for line in ended.err.splitlines()]
    assert sorted(re.sub(r"(\?\S+)?: (\d+) in \d+ ms$", r": \2", line) for line in told) == sorted(wire)
    assert "Read 3 clusters" in ended.out


def test_as_json_each_line_is_an_object_with_the_documented_keys(lab: CommandLab, clusters: Sandbox) -> None:
    ended = lab.run("apply", "--auto-approve", "-v", "--log-format", "json").expect(0)
    lines = logged(ended.err)
    assert {line["event"] for line in lines} <= {"request", "retry"}
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) == len(clusters.world.requests)
    assert all(line.keys() >= REQUEST for line in requests)
    writes = [line for line in requests if line["method"] != "GET"]
    assert {(line["cluster"], line["path"]) for line in writes} >= {("dc1", "/v1/peering/token")}
    assert "PeeringToken" not in ended.err


@pytest.mark.parametrize("spelled", [("--log-format=json",), ("-log-format=json",), ("--log-format", "json")])
def test_stdout_is_the_plan_and_nothing_else(lab: CommandLab, spelled: tuple[str, ...]) -> None:
    ended = lab.run("plan", "--json", "-v", *spelled).expect(0)
    assert ended.value()["resource_changes"]
    assert logged(ended.err)


def test_a_retry_is_reported_with_its_reason(lab: CommandLab, clusters: Sandbox) -> None:
    clusters.fault("dc1", "answer", path="/v1/peerings", status=500, body="No cluster leader", times=1)
    ended = lab.run("plan", "-v", "--log-format", "json").expect(0)
    lines = [
        line for line in logged(ended.err) if line["path"] == "/v1/peerings" and line["cluster"] == "dc1"
    ]
    assert [line["event"] for line in lines] == ["request", "retry", "request"]
    refused, retry, done = lines
    assert (refused["status"], refused["outcome"], refused["attempt"]) == (500, "refused", 1)
    assert "No cluster leader" in refused["reason"]
    assert "No cluster leader" in retry["reason"]
    assert retry["pause_ms"] >= 0
    assert (done["status"], done["outcome"], done["attempt"]) == (200, "ok", 2)


def test_a_cluster_that_is_away_has_no_status(bare: CommandLab) -> None:
    bare.urls = {"dc1": "http://127.0.0.1:9", "dc2": "http://127.0.0.1:10"}
    bare.declare("peerings: [{between: [dc1, dc2]}]\n")
    ended = bare.run("plan", "-vv", "--log-format", "json")
    lines = logged(ended.err.partition("╷")[0])
    assert {line["outcome"] for line in lines} == {"unreachable"}
    assert {line.get("status") for line in lines} == {None}
    assert {line["event"] for line in lines} == {"request", "retry", "not-sent"}


def test_twice_v_tells_connections_sizes_and_what_the_libraries_say(lab: CommandLab) -> None:
    ended = lab.run("plan", "-vv", "--log-format", "json").expect(0)
    lines = [line for line in logged(ended.err) if line["event"] == "request"]
    assert {line["connection"] for line in lines} == {"new", "reused"}
    assert all(line["bytes"] > 0 and line["queued_ms"] >= 0 for line in lines)
    assert any("index" in line for line in lines)
    libraries = logged(ended.err, "httpcore.http11")
    assert any("status=200" in line["@message"] for line in libraries)
    assert not [line for line in libraries if "X-Consul" in line["@message"]]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "headers.complete return_value=(b'HTTP/1.1', 200, b'OK', [(b'X', b'canary')])",
            "headers.complete status=200",
        ),
        ("connect.failed exception=ReadError('canary')", "connect.failed"),
        ("body.complete return_value=b'canary'", "body.complete"),
        ("close.complete return_value=None", "close.complete return_value=None"),
    ],
)
def test_what_a_library_quotes_of_an_answer_is_left_out(text: str, shown: str) -> None:
    assert message(logging.makeLogRecord({"name": "httpcore.http11", "msg": text})) == shown


def test_another_format_is_refused(lab: CommandLab) -> None:
    lab.run("plan", "--log-format", "xml").expect(1, "xml", "json", "text")
