"""The verdict on a saved plan that was compared with what would be done now."""

from __future__ import annotations

from reconciler.model.failure import ExitCode
from reconciler.model.guarding.verified import Freshness, Verified
from reconciler.model.verdict.value import Verdict, Word


def verified_verdict(found: Verified) -> Verdict:
    """Return 0 for a plan that is fresh, 2 for a stale one, 1 where that is not known."""
    return _VERDICTS[found.freshness]


_VERDICTS = {
    Freshness.FRESH: Verdict(ExitCode.OK, Word.FRESH, "The saved plan is what would be done now."),
    Freshness.STALE: Verdict(ExitCode.CHANGES, Word.STALE, "The saved plan is stale."),
    Freshness.UNKNOWN: Verdict(
        ExitCode.ERROR, Word.UNDECIDED, "Whether the saved plan is stale is not known."
    ),
}
