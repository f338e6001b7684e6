"""Installing the product as its users do, without an index: libraries and build backend are borrowed."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[3]
_LEFT_OUT = shutil.ignore_patterns(
    ".*", "build", "dist", "*.egg-info", "tests", "docs", "benchmarks", "__pycache__"
)
# The new environment finds libraries and setuptools in this one, where the product is no package of its own.
BORROWING = {
    "PIP_NO_INDEX": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PYTHONPATH": sysconfig.get_path("purelib"),
}


def product(place: Path) -> Path:
    """Copy what is needed to install the product and to use it in pipelines; building writes into it."""
    shutil.copytree(ROOT, place, ignore=_LEFT_OUT)
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", place)
    return place
