"""Fixtures for the state store's tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """A state directory that does not exist yet."""
    return tmp_path / "state"
