"""Runs with interim steps that are killed at a write: the next converges, one more has nothing to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.planning.inputs import Inputs
from reconciler.engine.planning.planner import make_plan
from reconciler.engine.refresh import refresh, wanted
from reconciler.model.change import Change
from reconciler.model.event import Event, Succeeded
from reconciler.model.plan import Plan
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way, Write
from reconciler.sdk.provider import Step
from tests.support.judged import JudgedServers, at
from tests.support.memory import MemoryServers
from tests.support.plans import KINDS_IN_PLAY, desired, providers, recorded, resource, state
from tests.unit.engine.test_executor import Run

Bodies = Mapping[str, Mapping[str, Any]]

WEB = {"Tone": "low", "Has": ["v1"]}
SPLIT = {"Tone": "low", "Uses": {"web": "v1"}}
RULES = {"Denies": ["api@dc2"]}
SHOWS = {"Shows": ["api@dc2", "log@dc2"]}
CASES: dict[str, tuple[Way, Bodies, Bodies]] = {
    "widening": (
        Way.WIDEN,
        {"web": WEB, "split": SPLIT},
        {"web": {**WEB, "Has": ["v2"]}, "split": {**SPLIT, "Uses": {"web": "v2"}}},
    ),
    "take-down": (
        Way.TAKE_DOWN,
        {"web": WEB, "split": SPLIT},
        {"web": {**WEB, "Tone": "high"}, "split": {**SPLIT, "Tone": "high"}},
    ),
    "narrowing": (
        Way.NARROW,
        {"rules": RULES, "shows": SHOWS},
        {"rules": {"Denies": ["web@dc2"]}, "shows": {"Shows": ["log@dc2", "web@dc2"]}},
    ),
    "created in part": (
        Way.TAKE_DOWN,
        {},
        {
            "a": {"Tone": "low", "Has": ["v1"], "Uses": {"b": "v1"}},
            "b": {"Tone": "low", "Has": ["v1"], "Uses": {"a": "v1"}},
        },
    ),
}


class Killed(BaseException):
    """The process ends here."""


class Judging(MemoryServers):
    """A world that refuses what does not fit, whose provider says no versions; counts refusals and writes."""

    def __init__(self, bodies: Bodies) -> None:
        super().__init__()
        self.tells_versions = False
        self.refused = self.count = 0
        self.kill_at: int | None = None
        self.executed = False
        for name, body in bodies.items():
            self.put(at(name), body)
        self.judge = self._judge
        self.before_write = lambda where: self._count(executed=False)
        self.after_write = lambda where: self._count(executed=True)

    def _judge(self, step: Step) -> str:
        verdict = JudgedServers(self.objects).judge(Write(step.address, step.after))
        self.refused += bool(verdict.refused)
        return verdict.refused

    def _count(self, *, executed: bool) -> None:
        self.count += not executed
        if (self.count, executed) == (self.kill_at, self.executed):
            raise Killed


async def planned(world: MemoryServers, after: Bodies, known: Mapping[Address, Recorded]) -> Plan:
    want = desired(*(resource(str(at(name)), body) for name, body in after.items()))
    held = state(*known.values())
    observed = await refresh(wanted(want.resources, held.resources), providers(world))
    standing = JudgedServers(world.objects)
    return make_plan(Inputs(want, held, observed, KINDS_IN_PLAY, standings={"memory": standing}))


def known_before(before: Bodies) -> dict[Address, Recorded]:
    return {at(name): recorded(str(at(name)), body) for name, body in before.items()}


def last_words(run: Run, before: Mapping[Address, Recorded]) -> dict[Address, Recorded]:
    """What a session recovers from a journal: the last word on each object."""
    out = {**before, **{entry.address: entry for entry in run.record.seen}}
    gone = [entry for entry in out if f"removed {entry}" in run.record.log]
    return {address: entry for address, entry in out.items() if address not in gone}


def whole(made: Plan) -> Plan:
    """The plan, with everything that it takes down taken down whole."""
    return replace(made, changes=tuple(map(_whole, made.changes)))


def _whole(change: Change) -> Change:
    interim = change.interim
    if interim is None or interim.way is not Way.TAKE_DOWN or change.before is None:
        return change
    return replace(change, interim=replace(interim, after=None, owned=None, fields=()))


async def finished(world: Judging, after: Bodies, known: Mapping[Address, Recorded]) -> None:
    """One more apply, which must do everything; then a plan, which must be empty."""
    run = Run(world)
    made = await planned(world, after, known)
    assert not [change for change in made.changes if change.drift.deleted]
    if not world.executed:  # else the last write is not recorded yet
        assert made.drifted == ()
    ended: dict[str, Event] = await run(made)
    assert {type(event) for event in ended.values()} <= {Succeeded}
    assert (await planned(world, after, last_words(run, known))).actions == ()


@pytest.mark.parametrize("case", CASES)
async def test_uninterrupted_nothing_is_refused(case: str) -> None:
    way, before, after = CASES[case]
    world = Judging(before)
    made = await planned(world, after, known_before(before))

    assert way in {change.interim.way for change in made.actions if change.interim}
    await finished(world, after, known_before(before))

    assert world.refused == 0
    assert world.objects == {at(name): dict(body) for name, body in after.items()}


@pytest.mark.parametrize("executed", [False, True], ids=["before", "executed"])
@pytest.mark.parametrize("case", CASES)
async def test_a_run_killed_at_any_write_is_completed_by_the_next_apply(case: str, executed: bool) -> None:
    _, before, after = CASES[case]
    for number in range(1, 20):
        world = Judging(before)
        world.kill_at, world.executed = number, executed
        run, known = Run(world), known_before(before)
        made = whole(await planned(world, after, known))
        if number > sum(change.interim is not None for change in made.actions) + len(made.actions):
            break
        with pytest.raises(BaseExceptionGroup) as caught:
            await run(made)
        assert caught.group_contains(Killed)
        world.kill_at = None
        await finished(world, after, last_words(run, known))
        assert world.objects == {at(name): dict(body) for name, body in after.items()}
    assert number > 3  # it was killed at each of its writes
