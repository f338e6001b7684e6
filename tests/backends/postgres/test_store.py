"""What every store must do, with the state in PostgreSQL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.model.state_place import PostgresPlace
from reconciler.statestore.backends.postgres import connect
from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.ports import Backend
from reconciler.statestore.shared.store import SharedStore
from tests.backends.seeding import seeded
from tests.backends.stores import Make, general_tests

globals().update(general_tests())


@pytest.fixture
def make(schema: str, tmp_path: Path) -> Make:
    def place() -> Backend:
        return connect(PostgresPlace(schema), os.environ, Path())

    def made(snapshot: bytes | None) -> StateStore:
        seeded(place, snapshot)
        return SharedStore(schema, place, rescue=tmp_path / "rescue")

    return made
