"""The answer of `validate --json`, with Terraform's keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.model.diagnostic import Diagnostic, IgnoredProblem
from reconciler.model.verdict.value import Verdict
from reconciler.render.problems import diagnostic_value, verdict_value


def validation_value(
    items: Sequence[Diagnostic],
    verdict: Verdict,
    version: str,
    *,
    ok: bool | None = None,
    ignored: Sequence[IgnoredProblem] = (),
) -> dict[str, Any]:
    """Return `valid`, the counts, every problem, those that comments ignore, and the verdict. `version` is
    the program's. `ok`: whether it is valid; if not given, without an error.
    """
    errors = sum(item.is_error for item in items)
    return {
        "format_version": "1.0",
        "reconciler_version": version,
        "valid": errors == 0 if ok is None else ok,
        "error_count": errors,
        "warning_count": len(items) - errors,
        "diagnostics": [diagnostic_value(item) for item in items],
        "ignored": [_ignored(one) for one in ignored],
        "verdict": verdict_value(verdict),
    }


def _ignored(one: IgnoredProblem) -> dict[str, Any]:
    found = one.problem
    return {
        "code": found.code,
        "summary": found.summary,
        "at": str(found.position) if found.position else None,
        "reason": one.reason,
    }
