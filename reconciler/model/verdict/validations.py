"""The verdict of `validate`."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.failure import ExitCode
from reconciler.model.verdict.value import Verdict, Word, some

POLICY = "policy-"  # what the codes of broken policies begin with


def validation_verdict(
    items: Sequence[Diagnostic],
    *,
    files: int,
    resources: int = 0,
    clusters: int = 0,
    fail_on_warning: bool = False,
) -> Verdict:
    """Return the verdict on a configuration. Its exit code is 1 for an error (with `fail_on_warning` for a
    warning too), 4 where broken policies are all that stops a run.
    """
    errors = [item for item in items if item.is_error]
    counted = problem_counts(items, files)
    if errors and all(item.code.startswith(POLICY) for item in errors):
        return Verdict(ExitCode.REFUSED, Word.BLOCKED, counted)
    if errors or (items and fail_on_warning):
        return Verdict(ExitCode.ERROR, Word.INVALID, counted)
    declared = f"{some(resources, 'resource')} on {some(clusters, 'cluster')}, in {some(files, 'file')}."
    return Verdict(ExitCode.OK, Word.VALID, f"Success! The configuration is valid. {declared}")


def problem_counts(items: Sequence[Diagnostic], files: int) -> str:
    """Return `2 errors, 1 warning in 3 files`."""
    errors = sum(item.is_error for item in items)
    return f"{some(errors, 'error')}, {some(len(items) - errors, 'warning')} in {some(files, 'file')}"
