"""Writers that are killed at any moment."""

from __future__ import annotations

import uuid
from pathlib import Path

from reconciler.model.state_place import ConsulPlace
from tests.backends.consul.conftest import Server
from tests.backends.kills import survives_kills


async def test_what_must_last_does(expiring: Server) -> None:
    await survives_kills(ConsulPlace(f"tests/{uuid.uuid4()}", expiring.address), Path(), {})
