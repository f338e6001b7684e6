"""A campaign: stages, worlds on them, requests, and where `access` answers otherwise."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.recorded.truth import Asked
from tests.support.agents import binaries
from tests.traffic.campaign.drawing.dice import Dice
from tests.traffic.campaign.drawing.setting import Setting, drawn_setting
from tests.traffic.campaign.drawing.world import Drawn, drawn_world
from tests.traffic.campaign.lines import Answers, Line, asked_of, clusters_of, peerings_of
from tests.traffic.campaign.observing import Observer
from tests.traffic.campaign.refusals import lines_of
from tests.traffic.campaign.sending import Sender
from tests.traffic.campaign.staging import Stage
from tests.traffic.stage.lab import numbers

ON_A_STAGE = 40  # worlds
RENEWED = 4.0  # seconds after which a difference is asked about again, with renewed proxies


Differing = tuple[Line, list[str]]


@dataclass(slots=True)
class Done:
    """What a campaign found: its lines, and those that `access` answers otherwise, with how."""

    lines: list[Line] = field(default_factory=list)
    differing: list[Differing] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, line: Line, found: list[str]) -> None:
        """Add one line, with what `access` answers otherwise."""
        self.lines.append(line)
        self.counts[line["observed"]] += 1
        if found:
            self.differing.append((line, found))


def campaign(version: str, seed: int, worlds: int, requests: int) -> Iterator[Done]:
    """Draw and observe worlds; yields what was found after each of them. A stage that breaks, as where an
    agent is killed, is made again for the worlds behind the one that it broke with.
    """
    left = list(range(seed, seed + worlds))
    while left:
        setting = drawn_setting(Dice(f"setting {left[0]}"), denies=numbers(version) >= (1, 18))
        with tempfile.TemporaryDirectory() as folder:
            stage = started(Path(folder), version, setting)
            try:
                yield from _on(stage, left, min(ON_A_STAGE, len(left)), requests)
            except OSError as error:
                yield Done(counts=Counter({f"broken by {error}": 1}))
            finally:
                stage.stop()


def started(folder: Path, version: str, setting: Setting) -> Stage:
    """Return a stage that runs. Where something else takes one of its ports meanwhile, it has others."""
    for attempt in range(3):
        at = folder / str(attempt)
        at.mkdir()
        stage = Stage(at, (version, binaries()[version]), setting)
        try:
            stage.start()
        except (AssertionError, OSError):
            if attempt == 2:
                raise
        else:
            return stage
    raise AssertionError


def _on(stage: Stage, left: list[int], worlds: int, requests: int) -> Iterator[Done]:
    """Yield what comes of the next worlds; takes each of them off the list first."""
    run = Run(stage, stage.version)
    exact = tuple(int(part) for part in run.version.partition("-")[0].split("."))
    for _ in range(worlds):
        seed = left.pop(0)
        world = drawn_world(Dice(f"world {seed}"), stage.setting, exact, requests)
        yield run.world(f"drawn-{seed}", world)


class Run:
    """Worlds on a stage."""

    def __init__(self, stage: Stage, version: str) -> None:
        self.stage, self.version = stage, version
        peers = {name: stage.setting.peers(name) for name in stage.setting.services}
        self.sender = Sender(stage.lab, peers)
        self.observer = Observer(self.sender)

    def world(self, group: str, world: Drawn) -> Done:
        """Put a world on the stage, and observe its requests."""
        changed = self.stage.put(world)
        lines = [self._line(group, number, request) for number, request in enumerate(world.requests, 1)]
        answers = Answers(asked_of(lines[0]).world)
        done = Done()
        for line, found in self._observed(lines, answers, changed):
            done.add(line, found)
        done.counts["unsettled"] = len(lines) - len(done.lines)
        for number, refused in enumerate(self.stage.refused, 1):
            base = self._line(f"{group}-refused", number, {})
            for line, found in lines_of(refused, base, self.stage.setting):
                done.add(line, found)
        return done

    def _line(self, group: str, number: int, request: Line) -> Line:
        return {
            "id": f"{group}/{number}",
            "group": group,
            "about": "a drawn world",
            "versions": [self.version],
            "clusters": clusters_of(self.stage),
            "peerings": peerings_of(self.stage.setting),
            "request": request,
        }

    def _observed(
        self, lines: list[Line], answers: Answers, changed: float
    ) -> Iterator[tuple[Line, list[str]]]:
        again: list[Line] = []
        for line, asked in self._asked(lines, answers, changed):
            found = answers.differences(asked)
            if found:
                again.append(line)
            else:
                yield {**line, **asked.observed}, []
        if again:
            self.stage.renew()
            changed = time.monotonic() + RENEWED
            for line, asked in self._asked(again, answers, changed):
                yield {**line, **asked.observed}, answers.differences(asked)

    def _asked(self, lines: list[Line], answers: Answers, changed: float) -> Iterator[tuple[Line, Asked]]:
        requests = [line["request"] for line in lines]
        shared = [answers.is_mixed(asked_of(line)) for line in lines]
        for line, observed in zip(lines, self.observer.observed(requests, changed, shared), strict=True):
            if observed is not None:
                yield line, asked_of({**line, **observed})
