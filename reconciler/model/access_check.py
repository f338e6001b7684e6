"""What a script asks of access: the exit code and the text come from one value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from reconciler.sdk.access.answer import Answer, Decision, Share
from reconciler.sdk.dataclass import dataclass


class FailIf(Enum):
    """What a check must not find; the value is the end of its option."""

    ALLOWED = "allowed"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class AccessCheck:
    """A check and what it found: `found` are the answers that it must not find, of `looked_at` in all.

    `apart` are further pairs that no request can get through: nothing connects their clusters.
    """

    fail_if: FailIf
    looked_at: int
    found: tuple[Answer, ...] = ()
    apart: int = 0

    @property
    def passed(self) -> bool:
        """Whether something was looked at, and nothing was found."""
        return bool(self.looked_at + self.apart) and not self.found and not self.cut_off

    @property
    def cut_off(self) -> int:
        """How many of the pairs that are apart the check must not find."""
        return self.apart if self.fail_if is FailIf.DENIED else 0


def checked(answers: Iterable[Answer], fail_if: FailIf, *, apart: int = 0) -> AccessCheck:
    """Return what the check finds. `apart` are selected pairs without an answer.

    An answer that is not decided counts on both sides: as allowed where a condition or a share may let a
    request through, and as denied where one may not.
    """
    every = tuple(answers)
    found = may_pass if fail_if is FailIf.ALLOWED else may_fail
    return AccessCheck(fail_if, len(every), tuple(answer for answer in every if found(answer)), apart)


def may_pass(answer: Answer | Share) -> bool:
    """Say whether some request of this kind may be answered."""
    return not {*outcomes(answer)} <= {Decision.DENIED, Decision.UNREACHABLE}


def may_fail(answer: Answer | Share) -> bool:
    """Say whether some request of this kind may get no answer."""
    return {*outcomes(answer)} != {Decision.ALLOWED}


def outcomes(answer: Answer | Share) -> Iterator[Decision]:
    """Yield the decisions that an answer comes down to: those of its shares, where it has any."""
    shares = answer.shares if isinstance(answer, Answer) else ()
    if not shares:
        yield answer.decision
    for share in shares:
        yield share.decision
