"""Count work instead of timing it: the number of function calls is the same on every machine."""

from __future__ import annotations

import sys
from collections.abc import Callable


def calls(work: Callable[[], object]) -> int:
    """Return how many functions, of Python and of C, are called while `work()` runs."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def growth(work: Callable[[int], object], few: int, many: int) -> float:
    """Return how much faster than the size the work grows: about 1 where it is linear in the size.

    Quadratic work comes to about `many / few`. `work` is first run once uncounted, for imports and caches.
    """
    work(few)
    return calls(lambda: work(many)) / calls(lambda: work(few)) * few / many
