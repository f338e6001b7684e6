"""Approvals of a saved plan, as text and as JSON."""

from __future__ import annotations

from typing import Any

from reconciler.model.guarding.approvals import Approvals, Approved
from reconciler.model.plan import Plan
from reconciler.model.verdict.plans import plan_counts
from reconciler.render.text.lines import Line, Span, Tone, faint

FORMAT_VERSION = "1.0"


def signed_lines(plan: Plan, made: Approved, path: str) -> list[Line]:
    """Return which plan was signed, by whom, and where the signature is."""
    return [
        [f"{path}: {plan_counts(plan.summary())} Fingerprint: {plan.fingerprint}"],
        [f"Signed by {made.name} ({made.key}): {made.file}"],
    ]


def approvals_lines(found: Approvals) -> list[Line]:
    """Return who approved, and which signatures do not count."""
    tone = Tone.GOOD if found.is_enough else Tone.WARN
    out: list[Line] = [[Span("Approvals: ", tone), str(found)]]
    out += [["  ", faint(f"{item.file} counts for nothing: {item.why}")] for item in found.worthless]
    return out


def approvals_value(found: Approvals, plan: Plan, version: str) -> dict[str, Any]:
    """Return the same as JSON values."""
    return {
        "format_version": FORMAT_VERSION,
        "reconciler_version": version,
        "fingerprint": plan.fingerprint,
        "required": found.required,
        "enough": found.is_enough,
        "given": [{"name": item.name, "key": item.key, "file": item.file} for item in found.given],
        "worthless": [{"file": item.file, "because": item.why} for item in found.worthless],
    }
