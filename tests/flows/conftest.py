from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.lab import EXAMPLES, Lab
from tests.support.virtual import Clock


@pytest.fixture(autouse=True)
def _no_waiting(clock: Clock) -> None:
    """Waits take no time here."""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Three clusters and the first example's configuration."""
    for file in (EXAMPLES / "01-three-clusters").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return Lab(tmp_path)
