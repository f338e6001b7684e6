"""Problems and failures as JSON values, with Terraform's keys and our `code`, `hint` and `related`."""

from __future__ import annotations

from typing import Any

from reconciler.model.diagnostic import Diagnostic, Position, Severity
from reconciler.model.failure import Failure
from reconciler.model.verdict.value import Verdict


def diagnostic_value(item: Diagnostic) -> dict[str, Any]:
    """Return one problem."""
    out: dict[str, Any] = {
        "severity": item.severity.value,
        "summary": item.summary,
        "detail": item.detail,
        "code": item.code,
        "hint": item.hint,
    }
    if item.address:
        out["address"] = item.address
    if item.position:
        out["range"] = _range(item.position, item.width)
    if item.source is not None and item.position:
        out["snippet"] = {"code": item.source, "start_line": item.position.line}
    if item.related:
        out["related"] = [{"range": _range(place, 1), "summary": text} for place, text in item.related]
    return out


def _range(place: Position, width: int) -> dict[str, Any]:
    return {
        "filename": place.file,
        "start": {"line": place.line, "column": place.column},
        "end": {"line": place.line, "column": place.column + width},
    }


def failure_value(failure: Failure) -> dict[str, Any]:
    """Return a failure that carries no problem of a file."""
    return {
        "severity": Severity.ERROR.value,
        "summary": failure.summary,
        "detail": failure.detail,
        "code": failure.cause.value,
        "hint": failure.hint,
    }


def problem_values(failure: Failure) -> list[dict[str, Any]]:
    """Return every problem that a failure carries, or the failure itself."""
    return [diagnostic_value(item) for item in failure.diagnostics] or [failure_value(failure)]


def verdict_value(verdict: Verdict) -> dict[str, Any]:
    """Return how a run ended: the exit code, a stable word, and a sentence."""
    return {"exit_code": int(verdict.exit_code), "word": verdict.word.value, "text": verdict.text}
