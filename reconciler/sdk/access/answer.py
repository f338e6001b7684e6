"""Answers: what happens to a request, and the chain of reasons for it."""

from __future__ import annotations

from enum import Enum

from reconciler.sdk.access.question import Question, Service
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


class Decision(Enum):
    """What happens to a request."""

    ALLOWED = "allowed"  # an instance answers
    DENIED = "denied"  # the destination's proxy refuses it
    UNREACHABLE = "unreachable"  # no one answers, and no one refuses
    DEPENDS = "depends"  # on what is not asked or not known: the conditions say on what
    MIXED = "mixed"  # the shares of a split are decided differently, or answered by several services


class Verdict(Enum):
    """What a step says."""

    OK = "ok"  # the request goes on
    STOP = "stop"  # it ends here
    UNKNOWN = "unknown"  # not known, or it depends on the request
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True)
class Origin:
    """The place of a reason: a cluster, and of an object the address and the path into its body
    (`("Sources", 2, "Permissions", 0)`); without an address, what of the cluster it is about is in the text.
    """

    cluster: str
    address: Address | None = None
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the way. `step` is a stable word for it; `text` says what was found, in one line."""

    step: str
    verdict: Verdict
    text: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """One branch of a split: `percent` of the requests (0 to 100), and what happens to them."""

    percent: float
    decision: Decision
    answered_by: Service | None = None
    denied_at: Service | None = None
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What happens to a request.

    answered_by  the service that answers (`ALLOWED`; where it `DEPENDS`, the one that would)
    denied_at    the service whose proxy refuses it
    because      the steps in the order of the way; those behind a stop are `NOT_REACHED`
    conditions   what it depends on, in words: `GET /v1/*`, `the default intention of dc1 is not known`
    shares       the branches of a split, where they differ
    gateways     the clusters whose mesh gateways the request goes through, in order
    fails        no request is answered: it `DEPENDS` only how it fails
    """

    question: Question
    decision: Decision
    answered_by: Service | None = None
    denied_at: Service | None = None
    because: tuple[Reason, ...] = ()
    conditions: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    gateways: tuple[str, ...] = ()
    fails: bool = False

    @property
    def may_succeed(self) -> bool:
        """Whether some request may get an answer."""
        decisions = {self.decision, *(share.decision for share in self.shares)}
        return not self.fails and bool(decisions & {Decision.ALLOWED, Decision.DEPENDS})

    @property
    def unsure_of(self) -> frozenset[str]:
        """The clusters that it depends on where a step is not known: that of the step, and those of the two
        ends, for what is behind the step was not looked at.
        """
        if self.decision not in (Decision.DEPENDS, Decision.MIXED):
            return frozenset()
        steps = [*self.because, *(reason for share in self.shares for reason in share.because)]
        open_ = [reason.origin for reason in steps if reason.verdict is Verdict.UNKNOWN]
        ends = (self.question.caller, self.question.to) if open_ else ()
        return frozenset({one.cluster for one in (*open_, *ends) if one is not None})
