"""Credentials of a shared state: no output, log, file or document of the state ever has them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import obstore
import psycopg
import pytest
from obstore.store import S3Store

from reconciler.cli.main import run
from tests.backends.everywhere import credentials
from tests.backends.http.server import StateServer, basic, serving
from tests.backends.servers import postgres, s3
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
    ("audit", "list", "--json"),
    ("audit", "verify"),
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


@pytest.mark.long
@pytest.mark.parametrize("by", ["dsn", "variables"])
def test_a_password_of_a_database(ground: Ground, by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = postgres.installations()
    if not found:
        pytest.skip("no PostgreSQL")
    with postgres.running(next(iter(found.values()))) as server:
        for name in [name for name in os.environ if name.startswith("PG")]:
            monkeypatch.delenv(name)
        given = {"STATE_DSN": server.dsn} if by == "dsn" else server.environ
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        keys = {"dsn_env": "STATE_DSN"} if by == "dsn" else {}
        state_in(ground.folder, backend="postgres", schema="reconciler", **keys)
        for argv in COMMANDS:
            ground.run(*argv)
        ground.sweep(postgres.PASSWORD, rows=rows(server))
        monkeypatch.setenv("STATE_DSN", server.dsn.replace(postgres.PASSWORD, PASSWORD))
        monkeypatch.setenv("PGPASSWORD", PASSWORD)
        assert "password authentication failed" in ground.run("plan")
        monkeypatch.setenv("STATE_DSN", server.dsn.replace(str(server.port), "9"))
        monkeypatch.setenv("PGPORT", "9")
        assert "Connection refused" in ground.run("apply", "--auto-approve")
        ground.sweep(PASSWORD, postgres.PASSWORD)
    assert "Apply complete" in ground.shown["1: apply --auto-approve -vv"].decode()


def rows(server: postgres.Postgres) -> bytes:
    """Return all that the state's tables hold, and how the server's log-like views show the runs."""
    with psycopg.connect(server.dsn) as connection:
        kept = [connection.execute(f"SELECT * FROM reconciler.{table}") for table in ("documents", "locks")]
        kept.append(connection.execute("SELECT * FROM reconciler.generations"))
        kept.append(connection.execute("SELECT application_name, query FROM pg_stat_activity"))
        found = [row for cursor in kept for row in cursor.fetchall()]
    assert found
    return repr(found).encode()


@pytest.mark.long
def test_the_keys_of_a_bucket(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> None:
    """An AWS key with a session's token; what the server keeps is swept as well."""
    keys = {
        "AWS_ACCESS_KEY_ID": "AKIACANARY0000000001",
        "AWS_SECRET_ACCESS_KEY": "canary-secret-access-key-of-the-state",
        "AWS_SESSION_TOKEN": "canary-session-token-of-the-state",
    }
    with s3.moto(tmp_path_factory.mktemp("moto")) as server, credentials(keys):
        state_in(
            ground.folder,
            backend="s3",
            bucket=s3.BUCKET,
            prefix="team",
            region="us-east-1",
            endpoint=server.endpoint,
        )
        for argv in COMMANDS:
            ground.run(*argv)
        options = {"region": "us-east-1", "endpoint": server.endpoint, "client_options": {"allow_http": True}}
        store = S3Store(s3.BUCKET, **options)  # type: ignore[arg-type]
        paths = [one["path"] for page in obstore.list(store) for one in page]
        assert len(paths) > 3
        ground.sweep(
            *list(keys.values())[1:],
            objects=b"".join(bytes(obstore.get(store, path).bytes()) for path in paths),
        )
    assert "Apply complete" in ground.shown["1: apply --auto-approve -vv"].decode()


CLOUDS = {
    "s3": (
        {"bucket": "states", "prefix": "team", "region": "us-east-1"},
        {"AWS_ACCESS_KEY_ID": "AKIACANARY0000000001", "AWS_SECRET_ACCESS_KEY": "canary-secret-access-key",
         "AWS_SESSION_TOKEN": "canary-session-token"},
    ),
    "gcs": ({"bucket": "states", "prefix": "team"}, {"GOOGLE_BEARER_TOKEN": "canary-bearer-token"}),
    "azure with a key": (
        {"account": "team", "container": "states", "prefix": "team"},
        {"AZURE_STORAGE_ACCOUNT_KEY": "Y2FuYXJ5LWtleS1vZi10aGUtc3RhdGU="},
    ),
    "azure with a signature": (
        {"account": "team", "container": "states", "prefix": "team"},
        {"AZURE_STORAGE_SAS_KEY": "sv=2023-11-03&ss=b&srt=co&sp=rl&sig=canary-signature-of-the-state%3D"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_that_repeats_a_credential(
    ground: Ground, cloud: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, environ = CLOUDS[cloud]
    with server(repeating) as hostile, credentials(environ):
        state_in(ground.folder, backend=cloud.partition(" ")[0], endpoint=hostile.url, **keys)
        for argv in COMMANDS:
            ground.run(*argv)
        assert hostile.seen
    secrets = [value for name, value in environ.items() if name != "AWS_ACCESS_KEY_ID"]
    ground.sweep(*secrets, "canary-signature-of-the-state")


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
