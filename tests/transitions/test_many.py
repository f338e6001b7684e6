"""`python -m tests.transitions` shares its pairs out to several processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def test_pairs_are_run_in_processes_of_their_own() -> None:
    command = [sys.executable, "-m", "tests.transitions", "--pairs", "1", "--workers", "2", "--kills", "0"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 pairs in" in done.stdout
