"""Every request of an apply, one after another: the run is killed, interrupted or cut off there."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reconciler.model.state_place import LocalPlace
from tests.backends.commands.ground import APPLY, Blow, Ground, no_room

SIGNALS = (signal.SIGINT, signal.SIGTERM)
PATIENT = 20  # each so many-th kill waits until the lock expires
KEPT = "which was read back"
NOT_KEPT = "could not be kept"


@dataclass
class Counted:
    """What happened: kills, signals that were heard, runs that were stopped and overtaken, servers away."""

    kills: int = 0
    signals: int = 0
    stops: int = 0
    away: int = 0
    full: int = 0


class CommandCampaign:
    """Kills come at each `stride`-th request; signals, stops and servers that go away at each third of those.

    `say` is called with what was counted so far, now and then.
    """

    def __init__(
        self, ground: Ground, stride: int = 1, say: Callable[[str], None] = lambda text: None
    ) -> None:
        self._ground = ground
        self._kills = stride
        self._stride = 3 * stride
        self._say = say
        self.counted = Counted()

    def run(self, *, waits: bool = True) -> Counted:
        """Raise `AssertionError` where a run leaves what the next one cannot go on from.

        `waits`: also what takes a while, locks that expire and servers that stay away.
        """
        for answered in (False, True):
            for _ in self._each(signal.SIGKILL, self._kills, answered):
                self.counted.kills += 1
                self._ground.recovers(patient=waits and self.counted.kills % PATIENT == 0)
        for number in SIGNALS:
            for _ in self._each(number, self._stride, answered=False):
                self.counted.signals += 1
                self._ground.recovers(gentle=True)
        for number in itertools.count(1, self._stride):
            ended = self._ground.overtaken(number, patient=waits and number % PATIENT == 1)
            if ended is None:
                break
            self.counted.stops += 1
            self._ground.recovers()
        if waits:
            self.faults()
        self._ground.lab.run("plan", "--detailed-exitcode").expect(0)
        self._ground.lab.run("state", "verify").expect(0)
        self._ground.lab.run("audit", "verify").expect(0)
        return self.counted

    def faults(self) -> None:
        """Let the server go away, and the disk of this machine be full."""
        if isinstance(self._ground.place, LocalPlace):
            self._full_directory()
            return
        self._ground.turn()
        lab = self._ground.lab
        lab.end(lab.start(*APPLY, preexec_fn=no_room)).expect(0)  # nothing needs this machine's disk
        self._ground.recovers()
        for full, number in itertools.product((False, True), range(1, 200, 4 * self._stride)):
            ended = self._ground.cut_off(number, full=full)
            if ended is None:
                continue
            assert ended.code != -9, ended.text
            assert "Traceback" not in ended.text, ended.text
            assert (NOT_KEPT if not full else KEPT) not in ended.text, ended.text
            self.counted.away += 1
            self.counted.full += NOT_KEPT in ended.text
            farewell = ended.code == 0  # all is recorded, and the lock is free
            self._ground.recovers(gentle=farewell)

    def _full_directory(self) -> None:
        """Let no file of a state directory grow beyond a few bytes more each time."""
        lab = self._ground.lab
        for room in range(0, 6000, 150 * self._stride):
            self._ground.turn()
            ended = lab.end(lab.start(*APPLY, preexec_fn=lambda room=room: no_room(room)))
            assert "Traceback" not in ended.text, ended.text
            self.counted.full += ended.code != 0
            self._ground.recovers()

    def _each(self, number: signal.Signals, stride: int, answered: bool) -> Iterator[None]:
        """Strike at each request twice, once while creating and once while removing; stop after the last."""
        for at in itertools.count(1, stride):
            heard = 0
            for _ in range(2):
                if self._ground.struck(Blow(at, number, answered)) is None:
                    continue
                heard += 1
                yield
            self._say(f"request {at}: {self.counted}")
            if not heard:
                return
