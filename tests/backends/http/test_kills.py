"""Writers that are killed at any moment."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.state_place import HttpPlace
from tests.backends.http.conftest import Place
from tests.backends.kills import survives_kills


async def test_what_must_last_does(place: Place) -> None:
    await survives_kills(HttpPlace(place.server.address, username="team"), Path(), {})
