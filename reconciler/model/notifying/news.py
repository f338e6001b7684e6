"""What a run ended with, as far as notifications say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.model.auditing.entry import Counts
from reconciler.model.notifying.hook import Occasion
from reconciler.model.verdict.value import Verdict, Word
from reconciler.sdk.dataclass import dataclass

_OCCASIONS = {
    Word.APPLIED: Occasion.APPLIED,
    Word.PARTIAL: Occasion.FAILED,
    Word.FAILED: Occasion.FAILED,
    Word.UNDECIDED: Occasion.FAILED,
    Word.INTERRUPTED: Occasion.FAILED,
    Word.LOCKED: Occasion.FAILED,
    Word.INVALID: Occasion.FAILED,
    Word.ERROR: Occasion.FAILED,
    Word.BLOCKED: Occasion.BLOCKED,
    Word.DRIFT: Occasion.DRIFT,
    Word.UNHEALTHY: Occasion.DRIFT,
}


@dataclass(frozen=True, slots=True)
class News:
    """A run's operation and verdict, and what is known of it besides. `serial` is that of the state then.

    `drift`: how many differences there are of each class. `addresses` are those that it is about: what
    failed, or what drifted. `configuration` is the name of the configuration that the run read, empty where
    it has none; `None` where the run did not come so far.
    """

    operation: str
    verdict: Verdict
    fingerprint: str = ""
    serial: int | None = None
    counts: Counts | None = None
    drift: Mapping[str, int] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    configuration: str | None = None


def occasion(verdict: Verdict) -> Occasion | None:
    """Return what a run ended with; `None` where that is no news."""
    return _OCCASIONS.get(verdict.word)
