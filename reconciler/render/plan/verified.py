"""Whether a saved plan is still what would be done, as text and as JSON."""

from __future__ import annotations

from typing import Any

from reconciler.model.guarding.verified import Freshness, Verified
from reconciler.model.verdict.value import Verdict
from reconciler.render.problems import verdict_value
from reconciler.render.text.lines import Line, Span, Tone, faint

FORMAT_VERSION = "1.0"

STALE_STEP = "Create a new plan, have it reviewed, and apply that one."
_TONES = {Freshness.FRESH: Tone.GOOD, Freshness.STALE: Tone.BAD, Freshness.UNKNOWN: Tone.WARN}


def verified_lines(found: Verified, verdict: Verdict, path: str) -> list[Line]:
    """Return the answer, and what differs."""
    out: list[Line] = [[Span(verdict.text, _TONES[found.freshness]), f" {path}: fingerprint {found.saved}"]]
    out += [["  ", text] for text in found.because]
    if found.freshness is Freshness.STALE:
        out.append([faint(STALE_STEP)])
    return out


def verified_value(found: Verified, verdict: Verdict, version: str) -> dict[str, Any]:
    """Return the same as JSON values."""
    return {
        "format_version": FORMAT_VERSION,
        "reconciler_version": version,
        "freshness": found.freshness.value,
        "saved": found.saved,
        "now": found.now or None,
        "because": list(found.because),
        "verdict": verdict_value(verdict),
    }
