"""Whether a saved plan is still what would be done, as a report."""

from __future__ import annotations

from reconciler.model.guarding.verified import Freshness
from reconciler.model.verdict.value import Word
from reconciler.render.plan.verified import STALE_STEP
from reconciler.render.report.reading.node import Node
from reconciler.render.report.reading.validations import said
from reconciler.render.report.value import Kind, Level, Problem, Report, Said

_RULES = {
    Freshness.STALE.value: ("plan-stale", Level.ERROR),
    Freshness.UNKNOWN.value: ("plan-not-verified", Level.WARNING),
}


def verification_report(document: Node, source: str) -> Report:
    """Return the report of what `plan --verify PLANFILE --json` printed."""
    freshness, now = document["freshness"].text, document["now"].text
    rule, level = _RULES.get(freshness, ("plan-not-verified", Level.WARNING))
    fresh = freshness == Freshness.FRESH.value
    return Report(
        Kind.VERIFICATION,
        said(document, Said(int(not fresh), Word.FRESH if fresh else Word.UNDECIDED, freshness)),
        source=source,
        version=document["reconciler_version"].text,
        fingerprint=document["saved"].text,
        facts=(("fingerprint now", now),) if now and not fresh else (),
        problems=tuple(Problem(rule, level, text) for text in document["because"].texts),
        next_step=STALE_STEP if freshness == Freshness.STALE.value else "",
    )
