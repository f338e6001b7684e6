"""Servers that speak S3's protocol: moto (a package), versitygw (a program)."""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.backends.servers.binaries import needed
from tests.support.patience import answers, wait_for
from tests.support.processes import ended, free_port, started

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing-secret"}
BUCKET = "states"
_MOTO = Path(__file__).with_name("moto_in_turn.py")


@dataclass(frozen=True)
class S3Server:
    """A running server with the bucket `BUCKET`. `checks_signatures`: whether it refuses a wrong secret."""

    name: str
    port: int
    checks_signatures: bool

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def moto(folder: Path) -> Iterator[S3Server]:
    """The S3 of moto, in memory. It takes any credentials."""
    server = S3Server("moto", free_port(), False)
    needed("moto_server")
    process = started([sys.executable, "-P", str(_MOTO), str(server.port)], folder / "log")
    try:
        wait_for(answers(lambda: _status(server, "GET", "/") == 200), (folder / "log").read_text)
        assert _status(server, "PUT", f"/{BUCKET}") == 200
        yield server
    finally:
        ended(process)


@contextmanager
def versitygw(folder: Path) -> Iterator[S3Server]:
    """A gateway to a directory, whose conditional writes are atomic."""
    program = needed("versitygw")
    server = S3Server("versitygw", free_port(), True)
    (folder / "data" / BUCKET).mkdir(parents=True)
    (folder / "attributes").mkdir()
    keys = ["--access", CREDENTIALS["AWS_ACCESS_KEY_ID"], "--secret", CREDENTIALS["AWS_SECRET_ACCESS_KEY"]]
    where = [
        "--port",
        f"127.0.0.1:{server.port}",
        "--quiet",
        "posix",
        "--sidecar",
        str(folder / "attributes"),
    ]
    process = started([str(program), *keys, *where, str(folder / "data")], folder / "log")
    try:
        wait_for(answers(lambda: _status(server, "GET", "/") == 403), (folder / "log").read_text)
        yield server
    finally:
        ended(process)


S3_SERVERS = {"moto": moto, "versitygw": versitygw}


def _status(server: S3Server, method: str, path: str) -> int:
    request = urllib.request.Request(server.endpoint + path, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.fixture(scope="session", params=sorted(S3_SERVERS))
def s3_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3_SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as server:
        yield server
