"""What every store must do, with the state at an address of a server for Terraform's states."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.statestore.backends.http.bundle import Bundle
from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.store import SharedStore
from tests.backends.http.conftest import MakePlace
from tests.backends.http.test_http import KINDS
from tests.backends.stores import Make, documents_of, general_tests

globals().update(general_tests())


@pytest.fixture(params=["strong", "gitlab", "no-etag"])
def make(request: pytest.FixtureRequest, make_place: MakePlace, tmp_path: Path) -> Make:
    place = make_place(**KINDS.get(request.param, {}))

    def made(snapshot: bytes | None) -> StateStore:
        if snapshot is not None:
            bundle = Bundle.new()
            for key, data in documents_of(snapshot).items():
                bundle = bundle.with_(key, data)
            place.server.state = bundle.text()
        return SharedStore(place.server.address, place.connect, rescue=tmp_path / "rescue")

    return made
