"""Credentials of a shared state: no output, log, file or document of the state ever has them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from reconciler.cli.main import run
from tests.backends.http.server import StateServer, basic, serving
from tests.support.command.servers import Sandbox, sandbox, server
from tests.support.sweep import leaks

TOKEN = "c4a4a7e5-17d1-4222-8333-0b1d2f3a5eed"
PASSWORD = "canary-pa55w0rd-of-the-state"
COMMANDS = (
    ("plan", "-vv"),
    ("apply", "--auto-approve", "-vv"),
    ("plan", "--json", "-vv", "--log-format", "json", "-out", "plan.json"),
    ("show", "--json", "plan.json"),
    ("state", "list", "-vv"),
    ("state", "history"),
    ("state", "show", "--json"),
    ("force-unlock", "-force", "11111111-0000-0000-0000-000000000000"),
    ("destroy", "--auto-approve", "-vv"),
)


class Ground:
    """A folder with a configuration, and what was shown there."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys
        self.shown: dict[str, bytes] = {}

    def run(self, *argv: str) -> str:
        run(argv)
        out, err = self.capsys.readouterr()
        self.shown[f"{len(self.shown)}: {' '.join(argv)}"] = (out + err).encode()
        return out + err

    def sweep(self, *canaries: str, **more: bytes) -> None:
        files = {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        assert leaks(canaries, {**self.shown, **files, **more}) == []


@pytest.fixture
def clusters() -> Iterator[Sandbox]:
    with sandbox("dc1", "dc2", acl=True, management_token=TOKEN) as running:
        yield running


@pytest.fixture
def ground(
    clusters: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ground:
    for name in [name for name in os.environ if name.startswith(("RECONCILER_", "CONSUL_", "CI"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RECONCILER_TOKEN_DC2", TOKEN)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.yaml").write_text(
        f"clusters: {{dc2: {{address: '{clusters.urls['dc2']}'}}}}\n"
        "service_defaults: {dc2: {api: {protocol: http}}}\n"
    )
    return Ground(tmp_path, capsys)


def state_in(folder: Path, **keys: str) -> None:
    (folder / "reconciler.yaml").write_text(json.dumps({"state": keys}))


def test_a_token_of_consul(ground: Ground, clusters: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", TOKEN)
    state_in(ground.folder, backend="consul", address=clusters.urls["dc1"], path="team")
    for argv in COMMANDS:
        ground.run(*argv)
    kept = clusters.call("dc1", "GET", "/v1/kv/team?recurse", token=TOKEN)
    assert len(kept) > 2
    ground.sweep(TOKEN, keys=json.dumps(kept).encode())
    applied = ground.shown["1: apply --auto-approve -vv"].decode()
    assert "Apply complete" in applied
    assert "PUT /v1/txn" in applied, "the requests are logged"


def test_a_password_of_a_server(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_HTTP_PASSWORD", PASSWORD)
    with serving(StateServer(password=PASSWORD)) as states:
        state_in(ground.folder, backend="http", address=states.address, username="team")
        for argv in COMMANDS:
            ground.run(*argv)
        assert states.state is not None
        ground.sweep(PASSWORD, basic("team", PASSWORD), document=states.state)
    assert "Apply complete" in ground.shown["1: apply --auto-approve -vv"].decode()


def repeating(handler: BaseHTTPRequestHandler) -> None:
    """Refuse, and repeat what was sent."""
    body = "".join(f"{name}: {value}\n" for name, value in handler.headers.items()).encode()
    handler.send_response(403)
    handler.send_header("X-Repeated", handler.headers.get("Authorization") or "none")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize("backend", ["consul", "http"])
def test_a_server_that_repeats_a_credential(
    ground: Ground, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", TOKEN)
    monkeypatch.setenv("RECONCILER_HTTP_PASSWORD", PASSWORD)
    with server(repeating) as hostile:
        more = {"path": "team"} if backend == "consul" else {"username": "team"}
        state_in(ground.folder, backend=backend, address=hostile.url, **more)
        for argv in COMMANDS:
            ground.run(*argv)
        sent = "".join(value for headers in hostile.headers for value in headers.values())
    assert (TOKEN if backend == "consul" else basic("team", PASSWORD)) in sent
    ground.sweep(TOKEN, PASSWORD, basic("team", PASSWORD))
