"""A step in flight: when it began, what it last said, and saying that again where it takes long."""

from __future__ import annotations

import asyncio

from reconciler.engine.ports import Observer
from reconciler.model.change import Action, Change
from reconciler.model.event import Progress, Started
from reconciler.sdk.foresight import Way
from reconciler.sdk.secrets.quoting import quoted

PROGRESS_INTERVAL = 10.0  # seconds after which a long step says again what it waits for


class Flight:
    """One step from its start to its end, however often it is tried. `way`: it is an interim step.

    `change` is what is tried; it changes where others write to the object meanwhile. `action` is what those
    observers get an event. `goes_on`: it already rests on what an interim step left.
    """

    def __init__(self, change: Change, action: Action, way: Way | None, observe: Observer) -> None:
        self.change = change
        self.action = action
        self.way = way
        self.observe = observe
        self.began = asyncio.get_running_loop().time()
        self.reported_at = self.began
        self.message = ""
        self.goes_on = False
        observe(Started(change.address, action, way))

    def elapsed(self) -> float:
        """Return the seconds since it began."""
        return asyncio.get_running_loop().time() - self.began

    def report(self, message: str) -> None:
        """Say what it does now, unless it said so last."""
        message = quoted(message)
        if message != self.message:
            self.message = message
            self._say()

    def repeat(self) -> None:
        """Say it again, where it was said long ago."""
        if asyncio.get_running_loop().time() - self.reported_at >= PROGRESS_INTERVAL:
            self._say()

    def _say(self) -> None:
        self.reported_at = asyncio.get_running_loop().time()
        where = self.change.address
        self.observe(Progress(where, self.action, self.message, self.elapsed(), self.way))
