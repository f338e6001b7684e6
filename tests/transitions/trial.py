"""One trial: a valid configuration, another one, and the ways between them."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.change import Action
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Plan, Selection
from reconciler.sdk.address import Address
from tests.support.virtual import Clock, virtual_time
from tests.transitions.computed.access import Allowed
from tests.transitions.configurations.flavours import Flavour
from tests.transitions.judging import Valid
from tests.transitions.lab import Ran, TrialLab, Trouble, opened
from tests.transitions.parts import Part, broken, selection
from tests.transitions.parts import said as said_of

CLOCK = Clock()


@dataclass(slots=True)
class Finding:
    """Something that is not as promised: in which leg, what kind, and the plan and writes that led there."""

    leg: str
    kind: str  # "second apply", "opens", "wrong state", "stays blocked"
    details: list[str]
    plan: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{self.leg}: {self.kind}", *self.details, "plan:", *self.plan, "writes:", *self.writes]
        return "\n  ".join(parts)


@dataclass(slots=True)
class Tally:
    """What was counted."""

    counts: Counter[str] = field(default_factory=Counter)

    def leg(self, name: str, plan: Plan | None) -> None:
        """Count one leg and the interim steps that its plan has."""
        self.counts[f"{name}: legs"] += 1
        if plan is None or not plan.actions:
            return
        self.counts[f"{name}: with actions"] += 1
        ways = {change.interim.way.value for change in plan.actions if change.interim is not None}
        for way in ways:
            self.counts[f"{name}: {way}"] += 1
        if any(change.interim is not None and change.interim.opens for change in plan.actions):
            self.counts[f"{name}: opens by name"] += 1


class Trial:
    """One pair in one room. `findings` are what is not as promised."""

    def __init__(self, room: TrialLab, before: Valid, after: Valid, tally: Tally, rng: random.Random) -> None:
        self.room = room
        self.before = before
        self.after = after
        self.tally = tally
        self.random = rng
        self.findings: list[Finding] = []

    async def run(self, part: Part | None, *, kills: bool = False) -> list[Finding]:
        """Create the one, go to the other, back, in part and on, and destroy it. Stops at what fails."""
        legs = [("create", self.before), ("change", self.after), ("undo", self.before)]
        for name, goal in legs:
            if not await self.goes(name, goal):
                return self.findings
        if part and not await self.partly(part):
            return self.findings
        if kills and not await self.killed():
            return self.findings
        if part and not await self.goes("rest", self.after):
            return self.findings
        await self.goes("destroy", None)
        return self.findings

    async def only(self, part: Part) -> list[Finding]:
        """Create the one, and go to the other in part."""
        if await self.goes("create", self.before):
            await self.partly(part)
        return self.findings

    async def goes(self, leg: str, goal: Valid | None) -> bool:
        """One apply, after which nothing is left to do and everything is as declared."""
        if goal is not None:
            self.room.declare(goal.text)
        mode = mode_of(goal)
        ran = await self.room.apply(mode)
        self.tally.leg(leg, ran.plan)
        if ran.problems:
            self.find(leg, "second apply", ran.problems, ran)
        else:
            self.watch(leg, ran, ran.start, self.room.access.now())
            await self.stands(leg, goal, mode, ran)
        return not self.findings

    async def stands(self, leg: str, goal: Valid | None, mode: Mode, ran: Ran) -> None:
        """Whether nothing is left to do, and the servers hold what they should.

        Where they hold what they should, a second plan is made for every change, and for some other legs.
        """
        if leg == "change" or self.random.random() < 0.2:
            again = await self.room.plan(mode)
            if again.has_changes or again.deferred:
                self.find(leg, "second apply", ["a second plan: ", *steps(again)], ran)
        wanted = goal.entries if goal is not None else {}
        found = self.room.held()
        if found != wanted:
            both = [key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key)]
            details = [f"{key}: {found.get(key)} instead of {wanted.get(key)}" for key in sorted(both)]
            self.find(leg, "wrong state", details, ran)

    def watch(self, leg: str, ran: Ran, start: Allowed, end: Allowed) -> None:
        """Whether somebody could call more for a while than before and after."""
        found = opened(ran, start, end)
        if found.named:
            self.tally.counts[f"{leg}: opened, as named"] += 1
        if found.unnamed:
            self.find(leg, "opens", found.unnamed[:4], ran)

    async def partly(self, part: Part) -> bool:
        """An apply of a part, which is done or blocked by name, and never tried in vain."""
        self.room.declare(self.after.text)
        if mode_of(self.after) is Mode.DESTROY:
            return True
        whole = [itself(change.address) for change in (await self.room.plan()).actions]
        if not whole:
            return True
        chosen = selection(part, whole, self.random)
        held, shown = self.room.held(), self.room.access.shown()
        ran = await self.room.apply(selection=chosen)
        self.tally.leg(part, ran.plan)
        await self.was_part(part, chosen, ran)
        if wrong := broken(part, ran, held, self.room.held(), shown):
            self.find(part, "did what it must not", [said_of(chosen), *wrong[:4]], ran)
        return not self.findings

    async def was_part(self, part: Part, chosen: Selection, ran: Ran) -> None:
        """Whether a part was done as a whole or blocked by name, and nothing of it is left."""
        tried = [text for text in ran.problems if not text.startswith("blocked")]
        if tried:
            self.find(part, "second apply", [said_of(chosen), *tried], ran)
        elif ran.problems:
            self.tally.counts[f"{part}: blocked by name"] += 1
        else:
            self.watch(part, ran, ran.start, self.room.access.now())
            again = await self.left(chosen)
            if again is not None and left_to_do(again, part):
                self.find(part, "second apply", [said_of(chosen), "a second plan:", *steps(again)], ran)

    async def left(self, chosen: Selection) -> Plan | None:
        """What a plan of a part still has; `None` where it was removed, and nothing is left to choose."""
        try:
            return await self.room.plan(selection=chosen)
        except Failure as failure:
            if failure.cause is not Cause.USAGE:
                raise
            return None

    async def killed(self) -> bool:
        """Every write of a change in turn is refused or the last of its process; the next run ends it."""
        at, going = 0, [self.after, self.before]
        while True:
            goal = going[at % 2]
            kind = self.random.choice(("500", "before", "after"))
            self.room.declare(goal.text)
            first = await self.room.apply(mode_of(goal), trouble=Trouble(at, kind))
            if not first.killed and not first.problems:
                return True
            self.tally.counts[f"kill: {kind}"] += 1
            ran = await self.room.apply(mode_of(goal))
            leg = f"kill {kind} at {at}"
            if ran.problems:
                self.find(leg, "second apply", ran.problems, ran, first)
            else:
                ran.between[:0] = first.between
                self.watch(leg, ran, first.start, self.room.access.now())
                await self.stands(leg, goal, mode_of(goal), ran)
            if self.findings:
                return False
            at += 1

    def find(self, leg: str, kind: str, details: list[str], ran: Ran, first: Ran | None = None) -> None:
        """Keep a finding."""
        self.tally.counts[f"{leg.partition(' ')[0]}: {kind}"] += 1
        writes = [*(first.writes if first is not None else ()), *(["-- again"] if first else []), *ran.writes]
        plan = [*steps(ran.plan), *said(ran.plan)]
        self.findings.append(Finding(leg, kind, details, plan, writes))


def left_to_do(plan: Plan, part: Part) -> bool:
    """Whether a part is not done. What a run left out, because of what else it did, may be blocked, or safe,
    once that is done.
    """
    if part is Part.ONLY_SAFE:
        return False
    if part is Part.NO_DELETE:
        return any(not change.blocked for change in plan.actions)
    return plan.has_changes


def steps(plan: Plan | None) -> list[str]:
    """The steps of a plan in order, those in between included."""
    if plan is None:
        return ["(no plan)"]
    out = []
    for change in plan.actions:
        if change.interim is not None:
            out.append((change.interim.index, f"{change.interim.way.value} {change.address}"))
        mark = f"  BLOCKED {change.blocked}" if change.blocked else ""
        out.append((change.index, f"{change.action.value} {change.address}{mark}"))
    extra = [f"forget {c.address}" for c in plan.changes if c.action is Action.FORGET]
    return [text for _, text in sorted(out)] + extra


def said(plan: Plan | None) -> list[str]:
    """What the interim steps of a plan say of access."""
    interims = [(c.address, c.interim) for c in (plan.actions if plan is not None else ()) if c.interim]
    return [
        f"{address} {'opens' if step.opens else ''} {'cuts' if step.cuts else ''}: {step.meanwhile}"
        for address, step in interims
        if step.opens or step.cuts or step.meanwhile
    ]


def itself(address: Address) -> str:
    """A target that means this object alone, there or not: `*` as a name would be a glob once it is gone."""
    return str(address).replace("*", "[*]")


def mode_of(goal: Valid | None) -> Mode:
    """How one goes there: a configuration of nothing is refused by anything but a destroy."""
    return Mode.NORMAL if goal is not None and goal.desired.resources else Mode.DESTROY


async def tried(
    flavour: Flavour,
    before: Valid,
    after: Valid,
    seed: int,
    tally: Tally,
    place: Path | None = None,
    *,
    part: Part | None,
    kills: bool = False,
    whole: bool = True,
) -> list[Finding]:
    """One trial in a room of its own; `seed` decides how long writes take and what is chosen."""
    folder = Path(tempfile.mkdtemp(prefix="transition-", dir=place))
    rng = random.Random(seed)
    jitter = random.Random(seed) if rng.random() < 0.7 else None
    try:
        with virtual_time(CLOCK):
            trial = Trial(TrialLab(flavour, folder, jitter, CLOCK), before, after, tally, rng)
            return await (trial.run(part, kills=kills) if whole or part is None else trial.only(part))
    finally:
        shutil.rmtree(folder)
