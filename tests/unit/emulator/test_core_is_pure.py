"""The core reads no clock, draws no randomness of its own, waits for nothing and needs nothing but Python."""

from __future__ import annotations

import ast
import json
import random
import sys
from pathlib import Path

import pytest

import reconciler.emulator
from reconciler.emulator import ClusterSpec, Request, Response, World
from reconciler.emulator.forms.kinds import KINDS
from reconciler.emulator.forms.schema import STRUCTS
from tests.support.tables import each

PACKAGE = Path(reconciler.emulator.__file__).parent
ADAPTERS = {"transport", "server", "waiting", "http_connection", "channel", "threaded"}
CORE = sorted(path for path in PACKAGE.rglob("*.py") if path.stem not in ADAPTERS)
IMPURE = {"time", "asyncio", "socket", "os", "threading", "subprocess", "secrets", "uuid", "logging"}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not str(node.module).startswith("reconciler.emulator"):
            found.add(str(node.module).split(".")[0])
    return found


@each("path", CORE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_core_module_imports_pure_python_only(path: Path) -> None:
    found = imported(path)
    assert found <= set(sys.stdlib_module_names)
    assert not found & IMPURE


def test_the_same_seed_gives_the_same_world() -> None:
    def transcript() -> list[bytes]:
        world = World([ClusterSpec("dc1"), ClusterSpec("dc2")], lambda: 5.0)
        body = json.dumps({"PeerName": "dc2"}).encode()
        replies = [
            world.handle("dc1", Request("POST", "/v1/peering/token", body=body)),
            world.handle("dc1", Request("GET", "/v1/peerings")),
        ]
        return [reply.body for reply in replies if isinstance(reply, Response)]

    assert transcript() == transcript()


WORDS = ["web", "api", "*", "http", "tcp", "5s", "", "allow", "v1", "-1", "true", "/x"]


class Bodies:
    """Bodies that look like config entries, with wrong types here and there."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def entry(self) -> object:
        kind = self.random.choice([*KINDS])
        name = {"proxy-defaults": "global", "exported-services": "default"}.get(
            kind, self.random.choice(WORDS)
        )
        return {"Kind": kind, "Name": name, **self.struct(KINDS[kind].fields or "Meta map")}

    def struct(self, fields: str) -> dict[str, object]:
        parts = [line.split()[:2] for line in fields.split(";") if line.strip()]
        return {
            name: self.value(kind) for name, kind in parts if name != "Name" and self.random.random() < 0.5
        }

    def value(self, kind: str) -> object:
        kind = kind.lstrip("*")
        if self.random.random() < 0.1:
            return self.random.choice([None, 3.7, [], {}, [1], {"a": []}, True, "x"])
        if kind.startswith("[]"):
            return [self.struct(STRUCTS[kind[2:].lstrip("*")]) for _ in range(self.random.randrange(3))]
        if kind.startswith("map:"):
            return {self.random.choice(WORDS): self.struct(STRUCTS[kind[4:]])}
        if kind in STRUCTS:
            return self.struct(STRUCTS[kind])
        return self.random.choice([*WORDS, 0, 50, {"protocol": "http"}])


@pytest.mark.parametrize("version", ["1.13", "1.14", "1.16", "1.18", "1.20", "1.22"])
def test_no_body_breaks_the_emulator(version: str) -> None:
    world = World([ClusterSpec("dc1", version=version)], lambda: 0.0, delays=False)
    bodies = Bodies(int(version[2:]))
    statuses = set()
    for _ in range(2000):
        body = json.dumps(bodies.entry()).encode()
        reply = world.handle("dc1", Request("PUT", "/v1/config", body=body))
        assert isinstance(reply, Response)
        statuses.add(reply.status)
    assert statuses == {200, 400, 500}
    listed = world.handle("dc1", Request("GET", "/v1/config/"))
    assert isinstance(listed, Response)
    assert listed.json()
