"""The suite that every backend passes: on a server in memory, and on servers that must fail it."""

from __future__ import annotations

import pytest

from tests.backends.suite import BackendSuite, Connect, LosesUpdates, MemoryServer


@pytest.fixture
def connect() -> Connect:
    """Connections to one place in memory."""
    return MemoryServer().connect


class TestMemory(BackendSuite):
    """A server that does it right."""


@pytest.mark.parametrize(
    "race", ["test_of_many_that_create_one_succeeds", "test_of_many_that_replace_one_succeeds"]
)
async def test_a_server_that_loses_updates_in_races_fails_the_suite(race: str) -> None:
    server = MemoryServer()
    with pytest.raises(AssertionError, match="writers succeeded"):
        await getattr(BackendSuite(), race)(lambda: LosesUpdates(server))
