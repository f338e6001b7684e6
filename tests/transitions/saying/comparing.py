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
from reconciler.sdk.address import Address
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


def unexplained(kind: Flavour, one: Pair, plan: Plan, named: set[Service]) -> Iterator[str]:
    """Every path of a plan that no action claims, and every action that says nothing and yet changes who may
    call whom where the steps are carried out one after the other. One that brings back what an earlier one
    took away for a while, which has said so, says nothing of it; nor does one that only changes the way of a
    path that others open or close.
    """
    done = plan.access.done if plan.access else ()
    claimed = {radius.address for radius in done}
    for path in plan.access.paths if plan.access else ():
        if not path.objects or not claimed.issuperset(path.objects):
            yield f"{path} is of {[str(address) for address in path.objects]}: no action says so"
    provider = provider_of(kind)
    world, _, _ = whole(kind, one)
    first = before = matrix(kind, provider.analysis(world))
    paths = plan.access.paths if plan.access else ()
    turned = {(path.caller, path.to): path for path in paths if path.effect is not Effect.CHANGES}
    down = {radius.address for radius in done if radius.meanwhile}
    away: set[Address] = set()
    for change, interim in plan.steps:
        world = provider.changed(world, {change.address: (interim or change).after})
        after = matrix(kind, provider.analysis(world))
        says = interim is not None or change.address in claimed | away
        for way in () if says else after:
            is_back = away and not _matters(first[way], after[way])
            turns = before[way].may_succeed != after[way].may_succeed
            is_told = not turns and (turned.get(way) or _standing_for(turned, way, named))
            if _matters(before[way], after[way]) and not is_back and not is_told:
                yield f"{change.action.value} {change.address} says nothing, and changes {way[0]} -> {way[1]}"
        away |= {change.address} if interim is not None or change.address in down else set()
        before = after


def _matters(was: Answer, will: Answer) -> bool:
    """Whether an action with these answers before and after it is behind what a plan says: what refuses a
    part of the requests that are refused anyway is not.
    """
    said = [(one.decision, one.answered_by, one.conditions) for one in (was, will)]
    return said[0] != said[1] and differing(was, will)
