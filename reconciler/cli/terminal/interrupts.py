"""Ctrl-C, SIGTERM and SIGHUP during an apply: first stop gently, then at once.

Plain `signal.signal`, not the event loop's handlers: a prompt blocks the loop, and must be left all the same.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from reconciler.cli.terminal import signals


class Interrupted(Exception):
    """The run was left before anything was written.

    Not `KeyboardInterrupt`: that one must not travel through an event loop, which would report it itself.
    """


class Interrupts:
    """While open, decides what an interrupt means by how far the run is.

    Before anything is written it cancels the run; at a prompt it raises `KeyboardInterrupt`; once writing,
    the first calls `stop` (finish what is in flight), and the second ends the process after `leave`.
    """

    def __init__(
        self, stop: Callable[[], None], say: Callable[[str], None], leave: Callable[[], None]
    ) -> None:
        self._stop = stop
        self._say = say
        self._tidy = leave
        self._asked = 0
        self._work: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None
        self._former: dict[signal.Signals, Any] = {}
        self.asking = False
        self.writing = False

    def __enter__(self) -> Interrupts:
        for number in signals.handled():
            self._former[number] = signal.signal(number, self._interrupted)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, former in self._former.items():
            signal.signal(number, former)

    def covers(self, task: asyncio.Task[Any]) -> None:
        """Set the task that an interrupt cancels while nothing is written yet."""
        self._work = (asyncio.get_running_loop(), task)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        signals.received(number)
        if self.asking:
            raise KeyboardInterrupt
        self._asked += 1
        if not self.writing and self._work is not None:
            loop, task = self._work
            loop.call_soon_threadsafe(task.cancel)
        elif self._asked == 1:
            self._stop()
            self._say(
                f"{signals.word()}: finishing what is in flight, starting nothing new. "
                "Press again to stop at once."
            )
        if self._asked > 1:
            self._leave()

    def _leave(self) -> None:
        self._say("Stopped at once. The next run reads again what was in flight.")
        self._tidy()  # last: every message redraws the live lines
        os._exit(signals.exit_code(signals.INTERRUPTED))
