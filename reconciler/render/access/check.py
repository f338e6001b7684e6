"""What a check of access found, in words."""

from __future__ import annotations

from reconciler.model.access_check import AccessCheck, FailIf
from reconciler.render.access.words import apart_words, details, target
from reconciler.render.text.lines import Line, Span, Tone, count
from reconciler.sdk.access.answer import Answer

NAMED = 5  # pairs that are named
_WORDS = {FailIf.ALLOWED: "allowed, or may be", FailIf.DENIED: "not allowed, or may not be"}


def check_lines(check: AccessCheck) -> list[Line]:
    """Return why a check fails; nothing where it passes."""
    if check.passed:
        return []
    option = f"--fail-if-{check.fail_if.value}"
    head = Span("Error: ", Tone.BAD)
    if not check.looked_at + check.apart:
        return [[head, f"{option}: no pair of services was looked at, so nothing is checked"]]
    number = len(check.found) + check.cut_off
    found = f"{number} of {count(check.looked_at + check.apart, 'pair')}"
    verb = "is" if number == 1 else "are"
    lines: list[Line] = [[head, f"{option}: {found} {verb} {_WORDS[check.fail_if]}"]]
    lines += [_named(answer) for answer in check.found[:NAMED]]
    more = len(check.found) - NAMED
    lines += [[f"  and {more} more"]] if more > 0 else []
    return [*lines, [f"  {apart_words(check.cut_off)}"]] if check.cut_off else lines


def _named(answer: Answer) -> Line:
    more = f": {'; '.join(details(answer))}" if details(answer) else ""
    return [f"  {answer.question.caller} -> {target(answer)}  {answer.decision.value}{more}"]
