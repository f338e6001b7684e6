"""What happens to a request, while it is worked out: branches, and what several of them amount to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from reconciler.sdk.access.answer import Decision, Reason, Share, Verdict
from reconciler.sdk.access.question import Service
from reconciler_consul.access.judging.words import ANYTHING


class Outcome(NamedTuple):
    """The end of a way, as `reconciler.sdk.access.Answer` has it, with the reasons up to there."""

    decision: Decision
    because: tuple[Reason, ...] = ()
    answered_by: Service | None = None
    denied_at: Service | None = None
    conditions: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    gateways: tuple[str, ...] = ()
    fails: bool = False

    @property
    def same(self) -> tuple[object, ...]:
        """What two outcomes have in common that do not differ for who asks."""
        shares = tuple((s.percent, s.decision, s.answered_by, s.denied_at) for s in self.shares)
        return self.decision, self.answered_by, self.denied_at, self.conditions, shares


class Branch(NamedTuple):
    """A way that some requests take: those that `guard` is about (`None`: all others)."""

    guard: str | None
    outcome: Outcome


Way = Callable[[], Outcome]


def told_apart(branches: Sequence[Branch]) -> Outcome:
    """Return what requests amount to that are not known: the outcome that all have, or what it depends on.

    Where none gets an answer, it depends on the request only how it fails.
    """
    outcomes = [branch.outcome for branch in branches]
    if len({one.same for one in outcomes}) == 1:
        return outcomes[0]
    if _all_denied(outcomes):
        return _denied(outcomes)
    best = _furthest(outcomes)
    return Outcome(
        Decision.DEPENDS,
        best.because,
        _only(one.answered_by for one in outcomes),
        _only(one.denied_at for one in outcomes),
        tuple(dict.fromkeys(_conditions(branches))),
        gateways=best.gateways,
        fails=not any(map(_answers, outcomes)),
    )


def unsure(condition: str, outcomes: Sequence[Outcome]) -> Outcome:
    """Return what is left of outcomes of which one is the right one, where it is not known which."""
    if len({one.same for one in outcomes}) == 1:
        return outcomes[0]
    if _all_denied(outcomes):
        return _denied(outcomes)
    best = _furthest(outcomes)
    further = [other for one in outcomes for other in one.conditions]
    return Outcome(
        Decision.DEPENDS,
        best.because,
        _only(one.answered_by for one in outcomes),
        _only(one.denied_at for one in outcomes),
        tuple(dict.fromkeys((condition, *further))),
        gateways=best.gateways,
        fails=not any(map(_answers, outcomes)),
    )


def refused(outcomes: Sequence[Outcome]) -> Outcome | None:
    """Return the refusal of a request that is denied wherever it may find an instance; `None` where one of
    its ways may answer, or none denies it.
    """
    denied = [one for one in outcomes if one.decision is Decision.DENIED]
    ends = (Decision.DENIED, Decision.UNREACHABLE)
    return _denied(denied) if denied and all(one.decision in ends for one in outcomes) else None


def _answers(outcome: Outcome) -> bool:
    """Say whether some request may get an answer."""
    decisions = {outcome.decision, *(share.decision for share in outcome.shares)}
    return bool(decisions & {Decision.ALLOWED, Decision.DEPENDS}) and not outcome.fails


def _all_denied(outcomes: Sequence[Outcome]) -> bool:
    return all(one.decision is Decision.DENIED for one in outcomes)


def _denied(outcomes: Sequence[Outcome]) -> Outcome:
    """Return what several refusals have in common: the request is denied, by one service or another."""
    first = outcomes[0]
    return Outcome(
        Decision.DENIED,
        first.because,
        denied_at=_only(one.denied_at for one in outcomes),
        gateways=first.gateways,
    )


def _furthest(outcomes: Iterable[Outcome]) -> Outcome:
    order = (Decision.ALLOWED, Decision.MIXED, Decision.DEPENDS, Decision.DENIED, Decision.UNREACHABLE)
    return min(outcomes, key=lambda one: order.index(one.decision))


def _only(services: Iterable[Service | None]) -> Service | None:
    found = {service for service in services if service is not None}
    return found.pop() if len(found) == 1 else None


def _conditions(branches: Sequence[Branch]) -> list[str]:
    """Return what requests are answered, in words; where none is, how they fail."""
    refused: list[str] = []
    found: list[str] = []
    for guard, outcome in branches:
        said = _said(guard, outcome, refused)
        found += said
        if not said and guard is not None:
            refused.append(guard)
    return found or [f"{guard}: {one.decision.value}" for guard, one in branches if guard is not None]


def _said(guard: str | None, outcome: Outcome, refused: list[str]) -> list[str]:
    start = guard or ANYTHING
    if refused and outcome.decision is not Decision.DEPENDS:
        start = f"{start} except {', '.join(refused)}"
    if not _answers(outcome):
        return []
    if outcome.decision is Decision.ALLOWED:
        return [start]
    if outcome.decision is Decision.MIXED:
        return [f"{start}: in shares"]
    if outcome.decision is Decision.DEPENDS:
        return [one if guard is None else _both(guard, one) for one in outcome.conditions]
    return []


def _both(guard: str, condition: str) -> str:
    return guard if condition in (guard, ANYTHING) else f"{guard}, and {condition}"


def split(because: tuple[Reason, ...], legs: Sequence[tuple[float, Outcome]]) -> Outcome:
    """Return what the legs of a split amount to; `percent` of each counts as its share of the sum. Shares
    that are all denied make it denied, by whomever.
    """
    whole = sum(percent for percent, _ in legs)
    if not whole:
        return Outcome(Decision.UNREACHABLE, because)
    if len({one.same for _, one in legs}) == 1:
        return legs[0][1]
    shares = _shares([leaf for percent, one in legs for leaf in _leaves(100 * percent / whole, one)])
    conditions = tuple(dict.fromkeys(said for _, one in legs for said in one.conditions))
    gateways = tuple(dict.fromkeys(name for _, one in legs for name in one.gateways))
    are_denied = all(share.decision is Decision.DENIED for share in shares)
    decision = Decision.DENIED if are_denied else Decision.MIXED
    fails = not any(_answers(one) for _, one in legs)
    return Outcome(decision, because, conditions=conditions, shares=shares, gateways=gateways, fails=fails)


def _leaves(percent: float, outcome: Outcome) -> Iterator[Share]:
    """Yield the shares of a leg, which may be split again behind the gateway of a peer."""
    if not outcome.shares:
        yield Share(percent, outcome.decision, outcome.answered_by, outcome.denied_at, outcome.because)
    for one in outcome.shares:
        yield Share(percent * one.percent / 100, one.decision, one.answered_by, one.denied_at, one.because)


def _shares(leaves: Sequence[Share]) -> tuple[Share, ...]:
    """Return the shares, those that end alike together."""
    parts: dict[tuple[object, ...], list[Share]] = {}
    for one in leaves:
        parts.setdefault((one.decision, one.answered_by, one.denied_at), []).append(one)
    return tuple(_together(alike) for alike in parts.values())


def _together(alike: Sequence[Share]) -> Share:
    percent = round(sum(one.percent for one in alike), 2)
    last = alike[-1]
    return Share(percent, last.decision, last.answered_by, last.denied_at, last.because)


def stopped(trail: tuple[Reason, ...], reason: Reason, gateways: tuple[str, ...] = ()) -> Outcome:
    """Return the end of a request that no one answers and no one refuses."""
    return Outcome(Decision.UNREACHABLE, (*trail, reason), gateways=gateways)


def is_stop(reason: Reason) -> bool:
    """Say whether a way ends at a reason."""
    return reason.verdict is Verdict.STOP
