"""Servers that are programs of their own: looked for in BACKEND_BIN_DIR and on PATH."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest


def found(name: str) -> Path | None:
    """The program of this name: in BACKEND_BIN_DIR (directories), on PATH, or beside this Python."""
    places = [
        os.environ.get("BACKEND_BIN_DIR", ""),
        os.environ.get("PATH", ""),
        str(Path(sys.executable).parent),
    ]
    path = shutil.which(name, path=os.pathsep.join(filter(None, places)))
    return Path(path) if path else None


def needed(name: str) -> Path:
    """The program, or a skipped test that says which one is missing."""
    path = found(name)
    if path is None:
        pytest.skip(f"no {name} in BACKEND_BIN_DIR or on PATH")
    return path
