"""The three standard streams, open even where the caller closed them.

A process that starts with a closed standard stream gives its number to the next file it opens: a state file,
say, which then receives what is printed. So each closed one is opened on /dev/null first.
"""

from __future__ import annotations

import os
import sys


def open_standard_streams() -> None:
    """Give each standard stream that was closed (`>&-`) one that swallows output and reads as empty."""
    for number in range(3):
        if not _is_open(number):
            os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)  # takes the lowest free number
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
