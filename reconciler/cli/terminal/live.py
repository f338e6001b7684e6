"""The log of an apply as it runs: plain lines, and on a terminal the running steps as live lines below."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import NoReturn

from reconciler.cli.terminal.output import Output
from reconciler.cli.terminal.waiting import AGAIN, LOGGED, WaitLog, slow_words
from reconciler.model.event import Event, Failed, Progress, Skipped, Started, Succeeded
from reconciler.render.apply.log import event_line, progress_line, running_line
from reconciler.render.text.folding import SEPARATE
from reconciler.render.text.lines import Line, cut, paint
from reconciler.sdk.address import Address
from reconciler.sdk.process.awaiting import Awaiting

ANNOUNCE = 1.0  # seconds after which a step that says nothing is announced in a plain log
_SHOWN = 6  # running steps shown live
_TOLD = 10  # running steps that a plain log has lines of
_REDRAW = 0.1  # seconds


class _Running:
    """A step in flight: its last event, when it began, and what it has not said yet.

    A step often reports several times within a moment; only its latest word is worth a line.
    """

    __slots__ = ("announced", "began", "last", "repeated", "started", "unsaid")

    def __init__(self, event: Started, now: float) -> None:
        self.started = event
        self.last: Started | Progress = event
        self.began = now
        self.announced = False
        self.unsaid: Line | None = None
        self.repeated: Line | None = None  # that it still waits, to be said when that is due


class ApplyLog:
    """Takes events. `total` is how many actions there are to do, once that is known.

    `awaiting` knows the clusters that have not answered yet; its times are those of `clock`.
    """

    def __init__(
        self, out: Output, clock: Callable[[], float] = time.monotonic, awaiting: Awaiting | None = None
    ) -> None:
        self._out = out
        self._awaiting = awaiting or Awaiting()
        self._waits = WaitLog(self._awaiting)
        self.total = 0
        self._clock = clock
        self._live = out.is_terminal
        self._running: dict[Address, _Running] = {}
        self._pending: list[Line] = []
        self._drawn = 0  # live lines on the screen
        self._began = clock()
        self._next_wait = 0.0  # when a line about steps that still wait is due again
        self._done = self._failed = 0
        self._same: Counter[tuple[str, str]] = Counter()  # failures by cluster and reason

    def __call__(self, event: Event) -> None:
        """Take one event; what it says reaches the screen with the next redraw."""
        match event:
            case Started():
                self._running[event.address] = _Running(event, self._clock())
            case Progress():
                self._progress(event)
            case Succeeded() | Failed():
                self._ended(event)
            case Skipped():  # the summary lists all of them, with why
                self._running.pop(event.address, None)  # one that waited for others had begun

    def _progress(self, event: Progress) -> None:
        running = self._running.get(event.address)
        if running is None:
            return
        again = isinstance(running.last, Progress) and running.last.message == event.message
        again = again or not event.message
        running.last = event
        line = event_line(event, again=again)
        running.repeated, running.unsaid = (line, running.unsaid) if again else (None, line)

    def _ended(self, event: Succeeded | Failed) -> None:
        running = self._running.pop(event.address, None)
        self._done += 1
        if not isinstance(event, Failed):
            self._pending.append(event_line(event))
            return
        self._failed += 1
        reason = (event.error.cluster or event.address.cluster, event.error.message)
        self._same[reason] += 1
        if self._same[reason] <= SEPARATE or event.left:
            self._speak(running)  # how far it came
            self._pending.append(event_line(event))
        elif self._same[reason] == SEPARATE + 1:
            self._pending.append([f"{reason[0]}: more failures for the same reason are counted at the end"])

    def _speak(self, running: _Running | None) -> None:
        """Write what a step has not said yet."""
        if running is not None and running.unsaid is not None:
            self._announce(running)
            self._pending.append(running.unsaid)
            running.unsaid = None

    def _announce(self, running: _Running) -> None:
        if not running.announced:
            running.announced = True
            self._pending.append(event_line(running.started))

    async def keep_drawing(self) -> NoReturn:
        """Redraw until cancelled."""
        while True:
            await asyncio.sleep(_REDRAW)
            self.redraw()

    def redraw(self) -> None:
        """Bring the screen up to date."""
        if not self._live:  # else the live lines show it
            self._tell_what_runs()
        if not self._pending and not self._live:
            return
        text = self._taken()
        self._out.text(text + self._drawn_live())
        self._out.flush()

    def close(self) -> None:
        """Take the live lines away and write what is left."""
        self._out.text(self._taken())
        self._out.flush()

    def _taken(self) -> str:
        """Return what is to be written above the live lines, each line once: a signal's handler may redraw at
        any moment.
        """
        lines, self._pending = self._pending, []
        return self._erased() + self._out.painted(lines)

    def say(self, line: Line) -> None:
        """Print another line above the live ones."""
        self._pending.append(line)
        self.redraw()

    def _tell_what_runs(self) -> None:
        """Say what the oldest steps in flight last reported, and which of them take long.

        The others follow when those have ended: hundreds of steps that wait for one cluster say one thing.
        """
        now = self._clock()
        for running in islice(self._running.values(), _TOLD):
            if now - running.began >= ANNOUNCE:
                self._announce(running)
            self._speak(running)
        self._tell_what_waits(now)
        if words := self._waits.due(now):
            self._pending.append([words])

    def _tell_what_waits(self, now: float) -> None:
        """Say of the oldest step that still waits that it does: one line for all of them at a time."""
        waiting = [running for running in self._running.values() if running.repeated is not None]
        if not waiting or now < self._next_wait:
            return
        self._next_wait = now + AGAIN
        more = f"   (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
        self._pending.append([*(waiting[0].repeated or ()), more])
        for running in waiting:
            running.repeated = None

    def _erased(self) -> str:
        """Return what takes the live lines off the screen."""
        drawn, self._drawn = self._drawn, 0
        return f"\x1b[{drawn}A\r\x1b[J" if drawn else ""

    def _drawn_live(self) -> str:
        if not self._live or not self._running:
            return ""
        size = shutil.get_terminal_size()
        now = self._clock()
        steps = list(self._running.values())[: min(_SHOWN, max(size.lines - 4, 1))]
        lines = [running_line(running.last, now - running.began) for running in steps]
        lines.append(
            progress_line(self._done, self.total, len(self._running), self._failed, now - self._began)
        )
        if words := slow_words(self._awaiting, now, LOGGED):
            lines.append(["  ", words])
        self._drawn = len(lines)
        return paint([cut(line, size.columns - 1) for line in lines], colour=self._out.colour)
