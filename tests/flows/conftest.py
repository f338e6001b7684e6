from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.lab import CLOCK, EXAMPLES, Lab
from tests.support.virtual import virtual_time


@pytest.fixture(autouse=True)
async def no_waiting() -> AsyncIterator[None]:
    """Waits take no time here."""
    with virtual_time(CLOCK):
        yield


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Three clusters and the first example's configuration."""
    for file in (EXAMPLES / "01-three-clusters").glob("*.yaml"):
        shutil.copy(file, tmp_path)
    return Lab(tmp_path)
