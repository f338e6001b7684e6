"""Plays recorded groups against fresh clusters, emulated or real, and compares every answer."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.emulator import Request, Response
from tests.recorded.matching import Bindings, Mismatch, match
from tests.recorded.sandbox import Sandbox
from tests.recorded.worlds import CLIENT_TIMEOUT_S, NAMES, ROOT, Servers

DATA = Path(__file__).parent / "data"
TRANSCRIPTS = DATA / "consul-transcripts.jsonl"
OWN = DATA / "own-transcripts.jsonl"
VARIABLE = re.compile(r"\{\{([^}]+)\}\}")
STEP_S = 0.1
SETTLE_S = 6.0
Line = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """One line on one version: "" when it matched, else what differs."""

    id: str
    version: str
    problem: str


def load(*paths: Path) -> dict[str, list[Line]]:
    """Return the recorded lines by group, in file order."""
    groups: dict[str, list[Line]] = {}
    for path in paths or (TRANSCRIPTS, OWN):
        with path.open(encoding="utf-8") as file:
            next(file)
            for text in file:
                line = json.loads(text)
                groups.setdefault(line["group"], []).append(line)
    return groups


def line_versions(line: Line) -> list[str]:
    """Return every version that the line has an answer of."""
    return [version for answer in (line, *line.get("others", ())) for version in answer.get("versions", ())]


def group_versions(lines: Iterable[Line]) -> list[str]:
    """Return every version that some line of the group was matched on."""
    return sorted({version for line in lines for version in line_versions(line)})


def clusters_used(lines: Iterable[Line]) -> tuple[str, ...]:
    """Return the clusters that the group sends to or speaks of."""
    text = json.dumps(list(lines))
    return tuple(
        name
        for name in NAMES
        if f'"cluster": "{name}"' in text or f"{{{{{name}." in text or f"<addr:{name}." in text
    )


def check(wanted: Line, reply: Response, bound: Bindings, took_s: float = 0.0) -> None:
    """Raise Mismatch unless the reply, and how long it took, is what was recorded."""
    if reply.broken != wanted.get("broken", ""):
        raise Mismatch(
            f"connection: expected {wanted.get('broken', '') or 'an answer'}, got {reply.broken!r}"
        )
    if reply.status != wanted["status"]:
        raise Mismatch(f"status: expected {wanted['status']}, got {reply.status} {reply.body[:300]!r}")
    for name, value in wanted["headers"].items():
        _check_header(name, value, reply.headers.get(name))
    text = reply.body.decode("utf-8", "replace")
    for fragment in wanted.get("contains", ()):
        if fragment not in text:
            raise Mismatch(f"body: {fragment!r} is missing in {text[:300]!r}")
    for name, value in wanted.get("fields", {}).items():
        match(value, reply.json().get(name), bound, f"$.{name}")
    if "response" in wanted:
        match(wanted["response"], body_of(reply), bound)
    if "decoded_token" in wanted:
        token = json.loads(base64.b64decode(json.loads(text)["PeeringToken"]))
        match(wanted["decoded_token"], token, bound, "token")
    low, high = wanted.get("took_s", (0.0, float("inf")))
    if not low / 2 <= took_s <= high:
        raise Mismatch(f"time: expected {low}–{high} s, took {took_s:.1f} s")


def _check_header(name: str, wanted: str | None, actual: str | None) -> None:
    if name == "X-Consul-Index" and wanted == "present":
        same = actual is not None and int(actual) >= 1
    elif name == "Content-Type" and actual is not None:
        same = actual.split(";")[0] == wanted
    else:
        same = actual == wanted
    if not same:
        raise Mismatch(f"header {name}: expected {wanted!r}, got {actual!r}")


def body_of(reply: Response) -> Any:
    """Return the answer's JSON value, or its text."""
    if reply.body and reply.headers.get("Content-Type", "").startswith("application/json"):
        return reply.json()
    return reply.body.decode("utf-8", "replace")


class Replayer:
    """Plays the lines of one group on one version; on fresh emulated clusters unless others are given."""

    def __init__(self, lines: list[Line], version: str, servers: Servers | None = None) -> None:
        self.lines, self.version = lines, version
        kind = {name: lines[0].get(name, False) for name in ("acl", "federated", "several")}
        self.servers: Servers = servers or Sandbox(version, **kind)
        self.values: dict[str, Any] = dict(self.servers.addresses)
        for number, name in enumerate(NAMES, 1):
            self.values |= {
                f"{name}.root": ROOT,
                f"{name}.dc": f"dc{number}",
                f"{name}.node": f"dc{number}-server",
            }
        self.bound = Bindings(self.servers.addresses, ROOT)

    def run(self) -> Iterator[Result]:
        """Send every line in order; yield a result for those that this version was recorded on."""
        for line in self.lines:
            self.servers.wait(line.get("pause_s", 0.0))
            if "action" in line:
                self.servers.act(line["cluster"], line["action"])
            elif "background" in line:
                self.servers.start(line["background"], line["cluster"], self.request(line))
            elif self.version in line_versions(line):
                yield Result(line["id"], self.version, self._compare(line))
            else:
                if line.get("eventually_s"):
                    self.servers.wait(SETTLE_S)
                self.save(line, self.send(line))

    def _compare(self, line: Line) -> str:
        patience = self.servers.patience
        deadline = self.servers.now() + line.get("eventually_s", 0.0) * patience
        wanted = next(a for a in (line, *line.get("others", ())) if self.version in a["versions"])
        while True:
            started = self.servers.now()
            reply = self.send(line)
            bound = self.bound.copy()
            try:
                check(wanted, reply, bound, (self.servers.now() - started) / patience)
            except Mismatch as mismatch:
                if self.servers.now() < deadline:
                    self.servers.wait(STEP_S)
                    continue
                self.save(line, reply)
                return str(mismatch)
            self.bound = bound
            self.save(line, reply)
            return ""

    def send(self, line: Line) -> Response:
        """Send what the line says, or take the answer that it waits for."""
        if "awaits" in line:
            return self.servers.finish(line["awaits"])
        return self.servers.ask(
            line["cluster"], self.request(line), line.get("client_timeout_s", CLIENT_TIMEOUT_S)
        )

    def request(self, line: Line) -> Request:
        """Return the line's request with saved values filled in."""
        return Request(
            line["method"],
            self._filled(line["path"]),
            self._filled(line["query"]),
            self._headers(line),
            self._request_body(line),
        )

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
        if isinstance(body, bytes):
            return body
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

    def save(self, line: Line, reply: Response) -> None:
        """Keep what later lines refer to."""
        for name, path in line.get("save", {}).items():
            if path.startswith("header:"):
                self.values[name] = reply.headers.get(path[7:], "0")
                continue
            if path == "body":
                self.values[name] = reply.body
                continue
            self.values[name] = _part(reply.json() if reply.status == 200 else None, path.split("."))


def _part(value: Any, path: list[str]) -> Any:
    for name in path:
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            value = value.get(name, "unsaved") if isinstance(value, dict) else "unsaved"
    return value
