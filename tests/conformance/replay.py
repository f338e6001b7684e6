"""Replays recorded groups against fresh emulated clusters, on a virtual clock."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.emulator import Block, ClusterSpec, Request, Response, World

from .matching import Bindings, Mismatch, match

DATA = Path(__file__).parent / "data"
TRANSCRIPTS = DATA / "consul-transcripts.jsonl"
NAMES = ("A", "B", "C")
PORTS = ("http", "grpc", "grpc_tls", "server", "serf_lan", "serf_wan")
VARIABLE = re.compile(r"\{\{([^}]+)\}\}")
STEP_S = 0.1
SETTLE_S = 6.0
ROOT = "11111111-aaaa-4bbb-8ccc-222222222222"
Line = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """One line on one version: "" when it matched, else what differs."""

    id: str
    version: str
    problem: str


def load() -> dict[str, list[Line]]:
    """Return the recorded lines by group, in file order."""
    groups: dict[str, list[Line]] = {}
    with TRANSCRIPTS.open(encoding="utf-8") as file:
        next(file)
        for text in file:
            line = json.loads(text)
            groups.setdefault(line["group"], []).append(line)
    return groups


def group_versions(lines: list[Line]) -> list[str]:
    """Return every version that some line of the group was matched on."""
    return sorted({version for line in lines for version in line["versions"]})


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Replayer:
    """Replays the lines of one group on one version."""

    def __init__(self, lines: list[Line], version: str) -> None:
        self.lines, self.version = lines, version
        self.clock = Clock()
        acl = lines[0]["acl"]
        specs = [
            ClusterSpec(name, version=version, acl=acl, management_token=ROOT, datacenter=f"dc{number}")
            for number, name in enumerate(NAMES, 1)
        ]
        self.world = World(specs, self.clock)
        self.values = self._builtins()
        self.bound = Bindings(self._addresses(), ROOT)

    def _addresses(self) -> dict[str, str]:
        out = {}
        for name, cluster in self.world.clusters.items():
            for port in PORTS:
                real = cluster.peering_port if port == "grpc_tls" else port
                out[f"{name}.{port}"] = cluster.address(real)
        return out

    def _builtins(self) -> dict[str, Any]:
        values: dict[str, Any] = dict(self._addresses())
        for name, cluster in self.world.clusters.items():
            values[f"{name}.root"] = ROOT
            values[f"{name}.dc"] = cluster.datacenter
            values[f"{name}.node"] = cluster.node
        return values

    def run(self) -> Iterator[Result]:
        """Send every line in order; yield a result for those that this version was recorded on."""
        for line in self.lines:
            self._advance(line.get("pause_s", 0.0))
            if self.version in line["versions"]:
                yield Result(line["id"], self.version, self._compare(line))
            else:
                if line.get("eventually_s"):
                    self._advance(SETTLE_S)
                self._save(line, self._send(line))

    def _compare(self, line: Line) -> str:
        deadline = self.clock.now + line.get("eventually_s", 0.0)
        while True:
            reply = self._send(line)
            bound = self.bound.copy()
            try:
                self._check(line, reply, bound)
            except Mismatch as mismatch:
                if self.clock.now < deadline:
                    self._advance(STEP_S)
                    continue
                self._save(line, reply)
                return str(mismatch)
            self.bound = bound
            self._save(line, reply)
            return ""

    def _check(self, line: Line, reply: Response, bound: Bindings) -> None:
        if reply.status != line["status"]:
            raise Mismatch(f"status: expected {line['status']}, got {reply.status} {reply.body[:300]!r}")
        for name, wanted in line["headers"].items():
            self._check_header(name, wanted, reply.headers.get(name))
        text = reply.body.decode("utf-8", "replace")
        for fragment in line.get("contains", ()):
            if fragment not in text:
                raise Mismatch(f"body: {fragment!r} is missing in {text[:300]!r}")
        if "response" in line:
            match(line["response"], self._body(reply), bound)
        if "decoded_token" in line:
            token = json.loads(base64.b64decode(json.loads(text)["PeeringToken"]))
            match(line["decoded_token"], token, bound, "token")

    @staticmethod
    def _check_header(name: str, wanted: str | None, actual: str | None) -> None:
        if name == "X-Consul-Index" and wanted == "present":
            same = actual is not None and int(actual) >= 1
        elif name == "Content-Type" and actual is not None:
            same = actual.split(";")[0] == wanted
        else:
            same = actual == wanted
        if not same:
            raise Mismatch(f"header {name}: expected {wanted!r}, got {actual!r}")

    @staticmethod
    def _body(reply: Response) -> Any:
        if reply.headers.get("Content-Type", "").startswith("application/json"):
            return reply.json()
        return reply.body.decode("utf-8", "replace")

    def _send(self, line: Line) -> Response:
        request = Request(
            line["method"],
            self._filled(line["path"]),
            self._filled(line["query"]),
            self._headers(line),
            self._request_body(line),
        )
        reply = self.world.handle(line["cluster"], request)
        if isinstance(reply, Block):
            reply = self._wait(reply)
        self._advance(reply.delay_s)
        return reply

    def _wait(self, block: Block) -> Response:
        while not block.ready() and self.clock.now < block.deadline:
            event = self.world.next_event()
            self.clock.now = block.deadline if event is None else min(event, block.deadline)
            self.world.advance()
        return self.world.resume(block)

    def _headers(self, line: Line) -> dict[str, str]:
        headers = {name.lower(): value for name, value in line.get("request_headers", {}).items()}
        if line.get("acl_token"):
            headers["x-consul-token"] = self._filled(line["acl_token"])
        return headers

    def _request_body(self, line: Line) -> bytes:
        if "body_repeat" in line:
            return str(line["body_repeat"]["text"] * line["body_repeat"]["times"]).encode()
        if "body" not in line:
            return b""
        body = self._filled_deep(line["body"])
        return body.encode() if isinstance(body, str) else json.dumps(body).encode()

    def _filled(self, text: str) -> str:
        return VARIABLE.sub(lambda found: str(self.values.get(found.group(1), "unsaved")), text)

    def _filled_deep(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled_deep(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._filled_deep(part) for part in value]
        if isinstance(value, str):
            whole = VARIABLE.fullmatch(value)
            return self.values.get(whole.group(1), "unsaved") if whole else self._filled(value)
        return value

    def _save(self, line: Line, reply: Response) -> None:
        for name, path in line.get("save", {}).items():
            if path.startswith("header:"):
                self.values[name] = reply.headers.get(path[7:], "0")
                continue
            value = reply.json() if reply.status == 200 else {}
            for part in path.split("."):
                value = value[int(part)] if isinstance(value, list) else value.get(part, "unsaved")
            self.values[name] = value

    def _advance(self, seconds: float) -> None:
        """Move the clock through every timer on the way."""
        target = self.clock.now + seconds
        while (event := self.world.next_event()) is not None and event <= target:
            self.clock.now = max(event, self.clock.now)
            self.world.advance()
        self.clock.now = target
