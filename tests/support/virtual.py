"""A virtual clock for asyncio: sleeping takes no time, so that waits, retries and rhythms run in an instant.

Only for code that does no real input or output: when nothing is ready, the clock jumps to the next timer.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Clock:
    """Seconds since the test began, moved by the loop."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()
"""The one clock of virtual time: for sandbox worlds too, so that they and the loop agree."""


class _Selector:
    """Looks for what is ready, and instead of waiting moves the clock."""

    def __init__(self, inner: selectors.BaseSelector, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        ready = self._inner.select(0)
        if not ready and timeout is None:
            raise RuntimeError("everything waits and nothing will ever happen")
        if not ready and timeout:
            self._clock.now += timeout
        return ready

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@contextmanager
def virtual_time(clock: Clock) -> Iterator[None]:
    """Put the running loop on a virtual clock for a while."""
    loop: Any = asyncio.get_running_loop()
    clock.now = max(clock.now, loop.time())
    selector, loop._selector = loop._selector, _Selector(loop._selector, clock)
    loop.time = clock
    try:
        yield
    finally:
        loop._selector = selector
        del loop.time
