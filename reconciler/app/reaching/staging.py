"""What a plan does to access while it is applied: its steps, one after the other, written into a world.

Steps that do not wait for each other are carried out at the same time: the order of the plan is one of those
that are possible. Reads only; takes no lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.app.options import Options
from reconciler.app.planning.planfile import load_plan
from reconciler.app.reaching.choice import WorldChoice
from reconciler.app.reaching.choosing import asked_world
from reconciler.app.reaching.world import Part
from reconciler.model.change import Action, Change, Interim
from reconciler.model.plan import Plan
from reconciler.model.reaching.rehearsal import Moment, Spell, Staged, why
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.change import AccessChange
from reconciler.sdk.access.protocol import Analysis
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.rehearsal import Rehearsals, Rehearsed
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler.sdk.secrets.sensitive import masked


async def stage(options: Options, choice: WorldChoice) -> Staged:
    """Return what each step of the plan file of `choice` does to access, on its world without that plan.

    Without `live` or `snapshot` the clusters are read, and services that are named and gateways are taken to
    run. Raises `Failure`.
    """
    assert choice.plan is not None
    plan = load_plan(choice.plan)
    here = WorldChoice(live=choice.snapshot is None, snapshot=choice.snapshot)
    world = await asked_world(options, here)
    assumed = not choice.live and choice.snapshot is None
    moments = [one for part in world.parts for one in _moments(plan, part, assumed=assumed)]
    moments.sort(key=lambda one: one.index)
    return Staged(
        str(choice.plan),
        tuple(moments),
        tuple(_spells(moments)),
        here.source,
        world.taken_at,
        assumed,
        world.all_unknown,
        world.warnings,
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """A write of a plan: what it leaves of an object."""

    index: int
    address: Address
    what: str
    body: Body | None


def _steps(plan: Plan, clusters: Mapping[str, object]) -> Iterator[_Step]:
    for change, interim in plan.steps:
        if change.blocked is None and change.address.cluster in clusters:
            yield from _of(change, interim)


def _of(change: Change, interim: Interim | None) -> Iterator[_Step]:
    if interim is not None:
        yield _Step(interim.index, change.address, "interim step", _shown(interim.after))
    elif change.action is not Action.ROTATE:
        if change.action is Action.REPLACE and change.interim is None:
            yield _Step(change.index, change.address, "destroy, before it is created", None)
        yield _Step(change.index, change.address, change.action.value, _shown(change.after))


def _shown(body: Mapping[str, object] | None) -> Body | None:
    return None if body is None else dict(masked(body))


def _moments(plan: Plan, part: Part, *, assumed: bool) -> Iterator[Moment]:
    provider, world = part.provider, part.world
    steps = list(_steps(plan, part.world.get("clusters") or {}))
    if assumed and isinstance(provider, Rehearsals):
        world = provider.running(world, {step.address: step.body for step in steps})
    before = provider.analysis(world)
    for step in steps:
        world = provider.changed(world, {step.address: step.body})
        after = provider.analysis(world)
        yield _moment(step, before, after)
        before = after


def _moment(step: _Step, before: Analysis, after: Analysis) -> Moment:
    found = before.changes(after, [step.address])
    opens, closes, changes = (tuple(map(_call, some)) for some in (found.opened, found.closed, found.changed))
    return Moment(step.index, step.address, step.what, opens, closes, changes)


def _call(change: AccessChange) -> Rehearsed:
    return Rehearsed(change.before, change.after)


# What is otherwise for a while only


def _spells(moments: list[Moment]) -> list[Spell]:
    """Return the calls that a step cuts and a later one opens again, and those that are open for a while."""
    open_: dict[tuple[Service, Service], tuple[Moment, Answer, bool]] = {}
    found: list[Spell] = []
    for moment in moments:
        for call in (*moment.closes, *moment.opens):
            pair = _pair(call)
            cut = not call.after.may_succeed
            begun = open_.pop(pair, None)
            if begun is not None and begun[2] != cut:
                found.append(Spell(*pair, begun[2], begun[0], moment, why(begun[1])))
            else:
                open_[pair] = (moment, call.after, cut)
    return sorted(found, key=lambda one: (not one.cut, one.since.index, one.caller, one.to))


def _pair(call: Rehearsed) -> tuple[Service, Service]:
    question = call.before.question
    assert question.to is not None
    return question.caller, question.to
