from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command.lab import CommandLab
from tests.support.command.servers import Sandbox, sandbox


@pytest.fixture
def clusters() -> Iterator[Sandbox]:
    """Three clusters of this test alone."""
    with sandbox("dc1", "dc2", "dc3") as running:
        yield running


@pytest.fixture
def lab(tmp_path: Path, clusters: Sandbox) -> CommandLab:
    """A folder with the configuration of `tests/support/command/lab.py` on the three clusters."""
    made = CommandLab(tmp_path, clusters.urls)
    made.declare()
    return made


@pytest.fixture
def bare(tmp_path: Path) -> CommandLab:
    """A folder, and no cluster anywhere."""
    return CommandLab(tmp_path)
