"""The verdict of a run: its exit code, a stable word for machines, and one sentence for people."""

from __future__ import annotations

from enum import Enum

from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.sdk.dataclass import dataclass


class Word(Enum):
    """How a run ended, for machines."""

    NO_CHANGES = "no-changes"
    CHANGES = "changes"
    DRIFT = "drift"
    UNHEALTHY = "unhealthy"
    UNDECIDED = "undecided"
    BLOCKED = "blocked"
    APPLIED = "applied"
    PARTIAL = "partial"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    FRESH = "fresh"
    STALE = "stale"
    VALID = "valid"
    INVALID = "invalid"
    LOCKED = "locked"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended. `text` is one sentence."""

    exit_code: ExitCode
    word: Word
    text: str


_FAILED = {
    ExitCode.REFUSED: Word.BLOCKED,
    ExitCode.LOCKED: Word.LOCKED,
    ExitCode.INTERRUPTED: Word.INTERRUPTED,
}
CANCELLED = Verdict(ExitCode.ERROR, Word.CANCELLED, "Cancelled. Nothing was written.")


def failure_verdict(failure: Failure) -> Verdict:
    """Return the verdict of a run that ended early."""
    code = failure.exit_code
    invalid = failure.cause is Cause.CONFIGURATION and code is ExitCode.ERROR
    word = Word.INVALID if invalid else _FAILED.get(code, Word.ERROR)
    return Verdict(code, word, f"Error: {failure.summary}")


def some(number: int, noun: str) -> str:
    """Return a number with its noun: `1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
