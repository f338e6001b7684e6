"""Timing one process: wall seconds, processor seconds and peak memory, as the system accounts for them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Figure:
    """Seconds of wall clock and processor, and peak resident memory in MB."""

    wall: float
    cpu: float
    memory: float


def once(command: Sequence[str], folder: Path, expect: tuple[int, ...] = (0,)) -> Figure:
    """Run a command to its end; fails loudly on an unexpected exit code."""
    with (folder / "output.log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expect:
        sys.exit(
            f"{' '.join(command)}: exit {process.returncode}\n{(folder / 'output.log').read_text()[-2000:]}"
        )
    return Figure(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def middle(figures: Sequence[Figure]) -> Figure:
    """The median of each figure."""
    return Figure(
        median(f.wall for f in figures), median(f.cpu for f in figures), median(f.memory for f in figures)
    )
