"""What takes long, and which clusters it waits for: on a terminal one line that goes away again, in a log
a line from time to time."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from reconciler.cli.terminal.output import Output
from reconciler.sdk.process.awaiting import Awaited, Awaiting
from reconciler.sdk.text import escaped

T = TypeVar("T")

QUIET = 0.4  # seconds before anything is said
SLOW = 2.0  # seconds that a cluster takes before a terminal names it
LOGGED = 5.0  # seconds that a cluster takes before a log names it
AGAIN = 10.0  # seconds between two lines of a log about the same wait
_EVERY = 0.5  # seconds
_NAMED = 3  # clusters that are named
_CLEAR = "\r\x1b[K"


def slow_words(awaiting: Awaiting, now: float, after: float = SLOW) -> str:
    """Return `waiting for dc2 (127.0.0.1:8520): 12 s`, or "" where no cluster takes `after` seconds."""
    slow = [one for one in awaiting.clusters() if now - one.since >= after]
    if not slow:
        return ""
    more = f" and {len(slow) - _NAMED} more" if len(slow) > _NAMED else ""
    return f"waiting for {', '.join(_words(one, now) for one in slow[:_NAMED])}{more}"


def _words(one: Awaited, now: float) -> str:
    return escaped(f"{one.cluster} ({one.shown}): {now - one.since:.0f} s")


class WaitLog:
    """Lines about slow clusters for a log: one after `LOGGED` seconds, then every `AGAIN` seconds."""

    def __init__(self, awaiting: Awaiting) -> None:
        self._awaiting = awaiting
        self._next = 0.0

    def due(self, now: float) -> str:
        """Return the line that is due at the loop's time `now`, or ""."""
        if now < self._next:
            return ""
        words = slow_words(self._awaiting, now, LOGGED)
        if words:
            self._next = now + AGAIN
        return words


class Waiting:
    """Says what is going on and for how long; `awaiting` knows which clusters it waits for."""

    def __init__(self, err: Output, doing: str, awaiting: Awaiting | None = None) -> None:
        self._err = err
        self._doing = doing
        self._awaiting = awaiting or Awaiting()
        self._log = WaitLog(self._awaiting)
        self._over = asyncio.Event()
        self._shown = False

    async def keep_shown(self) -> None:
        """Keep the line up to date until `end` is called or the task is cancelled."""
        clock = asyncio.get_running_loop().time
        began = clock()
        await self._pause(QUIET)
        while not self._over.is_set():
            if self._err.is_terminal:
                self._show(slow_words(self._awaiting, clock()) or f"{self._doing}... {clock() - began:.0f} s")
            elif line := self._log.due(clock()):
                self._err.text(f"{line}\n")
                self._err.flush()
            await self._pause(_EVERY)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):  # not `wait_for`: until Python 3.12 it can lose a cancellation
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def _show(self, text: str) -> None:
        self._shown = True
        columns = shutil.get_terminal_size().columns - 1  # a wrapped line would not go away
        self._err.text(f"{_CLEAR}{text[:columns]}")
        self._err.flush()

    def end(self) -> None:
        """Take the line away, for good."""
        self._over.set()
        if self._shown:
            self._shown = False
            self._err.text(_CLEAR)
            self._err.flush()


async def with_progress(
    work: Coroutine[Any, Any, T], err: Output, doing: str, awaiting: Awaiting | None = None
) -> T:
    """Await the work; meanwhile show `doing` with the elapsed time, and which clusters are slow."""
    waiting = Waiting(err, doing, awaiting)
    shown = asyncio.create_task(waiting.keep_shown())
    try:
        return await work
    finally:
        shown.cancel()
        waiting.end()
