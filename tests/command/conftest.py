from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command.desk import Desk
from tests.support.command.servers import Sandbox, sandbox


@pytest.fixture
def clusters() -> Iterator[Sandbox]:
    """Three clusters of this test alone."""
    with sandbox("dc1", "dc2", "dc3") as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path, clusters: Sandbox) -> Desk:
    """A folder with the estate of `desk.py` on the three clusters."""
    made = Desk(tmp_path, clusters.urls)
    made.declare()
    return made


@pytest.fixture
def bare(tmp_path: Path) -> Desk:
    """A folder, and no cluster anywhere."""
    return Desk(tmp_path)
