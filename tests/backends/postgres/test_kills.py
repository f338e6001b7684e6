"""Writers that are killed at any moment."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.model.state_place import PostgresPlace
from tests.backends.kills import Campaign
from tests.backends.servers.postgres import Postgres


async def test_what_must_last_does_and_the_server_frees_the_lock(server: Postgres, schema: str) -> None:
    environ = {**os.environ, **server.environ}
    counted = await Campaign(PostgresPlace(schema), Path(), environ).run(8)
    assert counted.locks < counted.kills
