"""What a check of access found, in words."""

from __future__ import annotations

from reconciler.model.access_check import AccessCheck
from reconciler.render.access.words import details, target
from reconciler.render.text.lines import Line, Span, Tone, count
from reconciler.sdk.access.answer import Answer

NAMED = 5  # pairs that are named


def check_lines(check: AccessCheck) -> list[Line]:
    """Return why a check fails; nothing where it passes."""
    if check.passed:
        return []
    option = f"--fail-if-{check.fail_if.value}"
    head = Span("Error: ", Tone.BAD)
    if not check.looked_at:
        return [[head, f"{option}: no pair of services was looked at, so nothing is checked"]]
    found = f"{len(check.found)} of {count(check.looked_at, 'pair')}"
    verb = "is" if len(check.found) == 1 else "are"
    lines: list[Line] = [[head, f"{option}: {found} {verb} {check.fail_if.value}, or may be"]]
    lines += [_named(answer) for answer in check.found[:NAMED]]
    more = len(check.found) - NAMED
    return [*lines, [f"  and {more} more"]] if more > 0 else lines


def _named(answer: Answer) -> Line:
    more = f": {'; '.join(details(answer))}" if details(answer) else ""
    return [f"  {answer.question.caller} -> {target(answer)}  {answer.decision.value}{more}"]
