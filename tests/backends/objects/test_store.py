"""What every store must do, with the state in a bucket."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.store import SharedStore
from tests.backends.objects.test_s3 import backend
from tests.backends.seeding import seeded
from tests.backends.servers.s3 import S3Server
from tests.backends.stores import Make, general_tests

globals().update(general_tests())


@pytest.fixture
def make(s3_server: S3Server, tmp_path: Path) -> Make:
    def made(snapshot: bytes | None) -> StateStore:
        prefix = f"stores/{uuid.uuid4()}"
        seeded(lambda: backend(s3_server.endpoint, prefix), snapshot)
        return SharedStore(prefix, lambda: backend(s3_server.endpoint, prefix), rescue=tmp_path / "rescue")

    return made
