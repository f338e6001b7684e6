"""Telling what takes long, on one line that goes away again."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from reconciler.cli.terminal.output import Output

T = TypeVar("T")

QUIET = 0.4  # seconds before anything is said
_EVERY = 0.5  # seconds
_CLEAR = "\r\x1b[K"


class Waiting:
    """One line on a terminal that says what is going on and for how long."""

    def __init__(self, err: Output, doing: str) -> None:
        self._err = err
        self._doing = doing
        self._over = not err.is_terminal
        self._shown = False

    async def tell(self) -> None:
        """Keep the line up to date until `end` is called or the task is cancelled."""
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(QUIET)
        while not self._over:
            elapsed = asyncio.get_running_loop().time() - began
            self._shown = True
            self._err.text(f"{_CLEAR}{self._doing}... {elapsed:.0f} s")
            self._err.flush()
            await asyncio.sleep(_EVERY)

    def end(self) -> None:
        """Take the line away, for good."""
        self._over = True
        if self._shown:
            self._shown = False
            self._err.text(_CLEAR)
            self._err.flush()


async def told(work: Coroutine[Any, Any, T], err: Output, doing: str) -> T:
    """Await the work; on a terminal show `doing` with the elapsed time from `QUIET` on."""
    waiting = Waiting(err, doing)
    telling = asyncio.create_task(waiting.tell())
    try:
        return await work
    finally:
        telling.cancel()
        waiting.end()
