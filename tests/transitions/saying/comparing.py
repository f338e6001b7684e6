"""What is wrong with what a plan says of access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.app.planning.access.effects import of_access
from reconciler.model.plan import Plan
from reconciler.model.reaching.diff import Effect
from reconciler.model.reaching.diff import Path as Line
from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.change import AccessChange, AccessChanges
from reconciler.sdk.access.question import ANY, Question, Service
from tests.transitions.configurations.flavours import Flavour
from tests.transitions.configurations.pairs import Pair
from tests.transitions.saying.lab import Answers, Way
from tests.transitions.saying.worlds import matrix, provider_of, whole


def differing(was: Answer, will: Answer) -> bool:
    """Whether a plan is to speak of a path with these answers before and after it."""
    if _said(was) == _said(will) or not (was.may_succeed or will.may_succeed):
        return False
    change = AccessChange(was.question.caller, was.question.caller, was, will, frozenset())
    return bool(of_access(AccessChanges((), (), (change,), 0)).changed)


def _said(answer: Answer) -> tuple[object, ...]:
    shares = tuple((one.percent, one.decision, one.answered_by, one.denied_at) for one in answer.shares)
    return answer.decision, answer.answered_by, answer.denied_at, answer.conditions, shares


def effect(was: Answer, will: Answer) -> Effect:
    """What a plan is to say of a path with these answers."""
    if was.may_succeed == will.may_succeed:
        return Effect.CHANGES
    return Effect.OPENS if will.may_succeed else Effect.CLOSES


def misses(plan: Plan, before: Answers, after: Answers, named: set[Service]) -> Iterator[str]:
    """Every path of which a plan says something else than these answers."""
    lines = {(path.caller, path.to): path for path in (plan.access.paths if plan.access else ())}
    for way in sorted({*before, *after}):
        nothing = Answer(Question(*way), Decision.UNREACHABLE)  # no peering: such pairs have no answer
        was, will = before.get(way, nothing), after.get(way, nothing)
        line = lines.get(way) or _standing_for(lines, way, named)
        wanted = _wanted(was, will) if differing(was, will) else None
        if wanted is None and way not in lines:
            continue  # `*` need not speak for a caller that is told apart
        rough = wanted and line and way[1] not in named  # `*` speaks for it
        if _of(line) != wanted and not (rough and line.effect is wanted[0]):
            said = f"{_said(was)}, then {_said(will)}; the plan says {line and _of(line)}"
            yield f"{way[0]} -> {way[1]}: {said}"


def _standing_for(lines: Mapping[Way, Line], way: Way, named: set[Service]) -> Line | None:
    caller, to = way
    callers = (caller, Service(caller.cluster, ANY))
    targets = (to,) if to in named or to.name == ANY else (Service(to.cluster, ANY),)
    return next((lines[one, other] for other in targets for one in callers if (one, other) in lines), None)


def _wanted(was: Answer, will: Answer) -> tuple[object, ...]:
    return effect(was, will), was.decision, will.decision, was.conditions, will.conditions


def _of(line: Line | None) -> tuple[object, ...] | None:
    if line is None:
        return None
    return line.effect, line.before, line.after, line.was, line.conditions


def unexplained(kind: Flavour, one: Pair, plan: Plan) -> Iterator[str]:
    """Every path of a plan that no action claims, and every action that claims nothing and yet changes who
    may call whom where the actions are carried out one after the other. One that brings back what a peering
    took away for a while, which has said so, says nothing of it.
    """
    done = plan.access.done if plan.access else ()
    claimed = {radius.address for radius in done}
    down = {radius.address for radius in done if radius.meanwhile}
    for path in plan.access.paths if plan.access else ():
        if not path.objects or not claimed.issuperset(path.objects):
            yield f"{path} is of {[str(address) for address in path.objects]}: no action says so"
    provider = provider_of(kind)
    world, _, _ = whole(kind, one)
    before = first = matrix(kind, provider.analysis(world))
    away = False
    for change in plan.actions:
        world = provider.changed(world, {change.address: change.after})
        away = away or change.address in down
        if change.address in claimed:
            before = {}
            continue
        before = before or matrix(
            kind, provider.analysis(provider.changed(world, {change.address: change.before}))
        )
        after = matrix(kind, provider.analysis(world))
        for way in after:
            back = away and not differing(first[way], after[way])
            if differing(before[way], after[way]) and not back:
                yield f"{change.action.value} {change.address} says nothing, and changes {way[0]} -> {way[1]}"
        before = after
