"""Access that a plan takes away for a while: closed by one step, and open again after a later one.

The steps are looked at in the order of the plan: those that matter to the same callers wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise

from reconciler.app.planning.access.before import Before
from reconciler.engine.order.access import OneSided
from reconciler.model.change import Action, Change, Interim
from reconciler.model.plan import Plan
from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.change import AccessChange
from reconciler.sdk.access.protocol import Analysis
from reconciler.sdk.access.question import Question
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler.sdk.secrets.sensitive import masked

LOOKED_AT = 128  # states in between at most; of more, some are passed over
Bodies = Mapping[Address, Body | None]
Step = tuple[Change, Interim | None]


def cut_for_a_while(made: Plan, before: Mapping[str, Before], known: OneSided) -> dict[Address, str]:
    """Return the actions after which a caller cannot send what it can send before the plan, and why, although
    later actions open that again.
    """
    found: dict[Address, str] = {}
    for name, one in before.items():
        steps = [step for step in made.steps if _counts(name, *step)]
        for change in _taken(one, _parts(steps, known)):
            for address in change.objects:
                found.setdefault(address, f"it closes access for a while: {change.caller} -> {change.to}")
    return found


def _counts(provider: str, change: Change, interim: Interim | None) -> bool:
    return change.provider == provider and not change.blocked and change.action is not Action.ROTATE


def _parts(steps: Sequence[Step], known: OneSided) -> list[Bodies]:
    """Return the writes up to each state that may have less than those before and after it, but for the
    last: after a step that may close access, before one that may open it.
    """
    ends = [
        number
        for number, (now, later) in enumerate(pairwise(steps), start=1)
        if not (_is(now, known.opening) or _is(later, known.closing))
    ]
    ends = ends[:: -(-len(ends) // LOOKED_AT) or 1]
    return [_written(steps[start:end]) for start, end in pairwise([0, *ends])]


def _is(step: Step, known: Set[Address]) -> bool:
    change, interim = step
    return interim is None and change.interim is None and change.address in known


def _written(steps: Sequence[Step]) -> Bodies:
    return {change.address: _left(change if interim is None else interim) for change, interim in steps}


def _taken(one: Before, parts: Sequence[Bodies]) -> Iterator[AccessChange]:
    """Yield the calls that are possible at first and, after some of the writes, not, or not as they were."""
    bodies: dict[Address, Body | None] = {}
    last = one.analysis
    for written in parts:
        bodies |= written
        after = one.after(bodies)
        yield from _less(one, last, after, written)
        last = after


def _left(step: Change | Interim) -> Body | None:
    return None if step.after is None else masked(step.after)


def _less(one: Before, last: Analysis, after: Analysis, written: Bodies) -> Iterator[AccessChange]:
    """Yield what these writes take away that was there at first."""
    found = one.between(last, after, list(written))
    for change in (*found.closed, *found.changed):
        first = one.analysis.answer(Question(change.caller, change.to))
        if first.may_succeed and _is_less(first, change.after):
            yield change


def _is_less(first: Answer, now: Answer) -> bool:
    """Say whether a request may be refused now that got through at first."""
    if not now.may_succeed:
        return True
    return now.decision is not Decision.ALLOWED and _got(first) != _got(now)


def _got(answer: Answer) -> tuple[object, ...]:
    shares = tuple((share.percent, share.decision) for share in answer.shares)
    return answer.decision, answer.conditions, shares
