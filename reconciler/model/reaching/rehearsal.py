"""Rehearsals: the fate of each call where something is lost, and the calls that a plan cuts on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import Enum

from reconciler.model.access import WorldSource
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.access.answer import Answer, Decision, Reason, Share, Verdict
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.rehearsal import Rehearsed
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass

_ANSWERED = (Decision.ALLOWED, Decision.DEPENDS)


class Fate(Enum):
    """What becomes of a call; the value is a stable word for machines."""

    DIES = "dies"
    PARTLY = "dies-in-part"  # some shares of a split are lost, or some that answered no longer do
    FAILS_OVER = "fails-over"  # another service answers
    CHANGES = "changes"  # the same service answers, on other conditions
    REVIVES = "revives"  # it got no answer before, and gets one
    DEAD_ALREADY = "dead-already"
    GOES_ON = "goes-on"


def answerers(answer: Answer) -> frozenset[Service]:
    """Return the services that may answer a request."""
    found: list[Answer | Share] = [answer, *answer.shares]
    return frozenset(one.answered_by for one in found if one.answered_by and one.decision in _ANSWERED)


def fate(before: Answer, after: Answer) -> Fate:
    """Return what becomes of a call."""
    was, will = before.may_succeed, after.may_succeed
    if not (was and will):
        return {(True, False): Fate.DIES, (False, True): Fate.REVIVES}.get((was, will), Fate.DEAD_ALREADY)
    old, new = answerers(before), answerers(after)
    if new != old:
        return Fate.PARTLY if new < old else Fate.FAILS_OVER
    return Fate.GOES_ON if _said(before) == _said(after) else Fate.CHANGES


def _said(answer: Answer) -> tuple[object, ...]:
    shares = tuple((one.percent, one.answered_by) for one in answer.shares if one.decision in _ANSWERED)
    return answer.decision, answer.conditions, shares


def why(answer: Answer) -> Reason | None:
    """Return the reason why a request gets no answer, or a share of the requests; `None` where there is
    none that is known.
    """
    reasons = [*answer.because, *(one for share in answer.shares for one in share.because)]
    return next((reason for reason in reasons if reason.verdict is Verdict.STOP), None)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What becomes of the calls that losses concern.

    lost      what is lost, for people
    file      the snapshot file; `taken_at` (ISO 8601, UTC; empty: not known) is when the world was read
    unknown   why a part of the world is not known, by cluster
    cautions  what has to be so, beyond what the world has, for this to come true
    """

    lost: tuple[str, ...]
    calls: tuple[Rehearsed, ...]
    source: WorldSource = WorldSource.DECLARED
    file: str = ""
    taken_at: str = ""
    unknown: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
    cautions: tuple[str, ...] = ()

    def of(self, wanted: Fate) -> tuple[Rehearsed, ...]:
        """Return the calls with this fate."""
        return tuple(one for one in self.calls if fate(one.before, one.after) is wanted)


@dataclass(frozen=True, slots=True)
class Moment:
    """The state in which one step of a plan leaves access, until the next one.

    index    the step's place in the order (`5`; `5 (destroyed)` while a replacement is away)
    what     what the step does to its object: `create`, `update`, `delete`, `interim step`, …
    """

    index: int
    address: Address
    what: str
    opens: tuple[Rehearsed, ...] = ()
    closes: tuple[Rehearsed, ...] = ()
    changes: tuple[Rehearsed, ...] = ()


@dataclass(frozen=True, slots=True)
class Spell:
    """A call that is otherwise in some states than both before and after the plan.

    `since` is the moment that begins it, `until` the one that ends it. `cut`: it gets no answer meanwhile;
    otherwise it gets one only meanwhile. `reason` is the reason for a cut.
    """

    caller: Service
    to: Service
    cut: bool
    since: Moment
    until: Moment
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """What a plan does to access, step by step in the plan's order."""

    file: str
    moments: tuple[Moment, ...]
    spells: tuple[Spell, ...]
    source: WorldSource = WorldSource.LIVE
    taken_at: str = ""
    taken_to_run: bool = False
    unknown: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()
