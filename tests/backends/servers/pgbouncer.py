"""PgBouncer in front of a PostgreSQL server, in one of its modes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from tests.backends.servers.binaries import needed
from tests.backends.servers.postgres import PASSWORD, USER, Postgres, unprivileged
from tests.support.patience import wait_for
from tests.support.processes import ended, free_port, started


@contextmanager
def pgbouncer(server: Postgres, mode: str, *, ignore: str = "") -> Iterator[int]:
    """The port of a pooler. `ignore` names the startup parameters that it passes over in silence."""
    program = needed("pgbouncer")
    folder, port = Path(tempfile.mkdtemp(prefix="pgbouncer-")), free_port()
    (folder / "users").write_text(f'"{USER}" "{PASSWORD}"\n')
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "plain",
        "auth_file": str(folder / "users"),
        "pool_mode": mode,
        "ignore_startup_parameters": ignore,
    }
    lines = [f"{key} = {value}" for key, value in settings.items() if value or key == "unix_socket_dir"]
    databases = f"postgres = host=127.0.0.1 port={server.port} dbname=postgres"
    (folder / "ini").write_text("\n".join(["[databases]", databases, "[pgbouncer]", *lines, ""]))
    prefix = unprivileged(folder)
    process = started([*prefix, str(program), str(folder / "ini")], folder / "log")
    try:
        wait_for(lambda: _answers(port), (folder / "log").read_text)
        yield port
    finally:
        ended(process)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    dsn = f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"
    with suppress(psycopg.OperationalError), psycopg.connect(dsn):
        return True
    return False
