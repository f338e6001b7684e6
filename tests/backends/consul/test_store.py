"""What every store must do, with the state in Consul's KV store."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.store import SharedStore
from tests.backends.consul.conftest import Place
from tests.backends.stores import Make, documents_of, general_tests

globals().update(general_tests())


@pytest.fixture
def make(place: Place, tmp_path: Path) -> Make:
    def made(snapshot: bytes | None) -> StateStore:
        for key, data in documents_of(snapshot).items() if snapshot is not None else ():
            value = base64.b64encode(data).decode()
            place.call(
                "PUT", "/v1/txn", [{"KV": {"Verb": "set", "Key": f"{place.path}/{key}", "Value": value}}]
            )
        return SharedStore(place.path, place.connect, rescue=tmp_path / "rescue")

    return made
