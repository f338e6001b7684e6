"""Wait for what other processes and threads do: the only place where a test may look at a clock.

A limit here ends a test that hangs. It is far above what anything takes on a busy machine, and never what
a test is about.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

Message = str | Callable[[], str]
LIMIT = 120.0  # seconds
_PAUSE = 0.01  # seconds between two looks


def wait_for(holds: Callable[[], object], what: Message = "waited in vain", limit: float = LIMIT) -> None:
    """Return as soon as `holds()` is true. Raise `AssertionError` with `what` after `limit` seconds."""
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, _text(what)
        time.sleep(_PAUSE)


def answers(holds: Callable[[], object]) -> Callable[[], bool]:
    """Return a condition for `wait_for` that is false while a server does not answer (`OSError`)."""

    def does() -> bool:
        with suppress(OSError):
            return bool(holds())
        return False

    return does


async def eventually(
    holds: Callable[[], Awaitable[object]], what: Message = "waited in vain", limit: float = LIMIT
) -> None:
    """Do the same with a coroutine function, on the loop's clock, which may be virtual."""
    loop = asyncio.get_running_loop()
    end = loop.time() + limit
    while not await holds():
        assert loop.time() < end, _text(what)
        await asyncio.sleep(_PAUSE)


def _text(what: Message) -> str:
    return what if isinstance(what, str) else what()
