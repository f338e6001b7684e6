"""Problems in what the user wrote: where, the line, a caret, what to do; and how many in all."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.verdict.validations import problem_counts
from reconciler.model.verdict.value import Verdict, Word
from reconciler.render.text.lines import Line, Span, Tone, faint, strong
from reconciler.sdk.text import escaped

_ALIKE = 8  # problems of one place and kind that are shown
_WINDOW = 140  # columns of a source line that are shown around the problem

_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARN}


def diagnostic_lines(item: Diagnostic) -> list[Line]:
    """Return one problem with its place, source line, hint and related places."""
    where = f"{item.position}: " if item.position else ""
    about = f"{item.address}: " if item.address and not item.position else ""
    head: Line = [
        strong(where), Span(f"{item.severity.value}: ", _TONES[item.severity]), about, item.summary,
        faint(f"   [{item.code}]") if item.code else "",
    ]  # fmt: skip
    out: list[Line] = [head]
    shown = _source(item)
    out += shown
    if item.hint and not shown:
        out += [
            ["      = " if not number else "        ", line]
            for number, line in enumerate(item.hint.split("\n"))
        ]
    out += [["      ", line] for line in item.detail.split("\n") if item.detail]
    out += [["      ", f"{place}: {text}"] for place, text in item.related]
    return out


def _source(item: Diagnostic) -> list[Line]:
    """Return the source line, and below it a caret under the problem with the hint beside it."""
    place = item.position
    if item.source is None or place is None or not place.line:
        return []
    column = max(place.column, 1) - 1
    start = max(0, column - _WINDOW // 2) if len(item.source) > _WINDOW else 0
    text = item.source[start : start + _WINDOW].rstrip("\r\n")
    # What is escaped takes more columns than it has characters; the caret must be below it all the same.
    pad = len(escaped(item.source[start:column])) + (1 if start else 0)
    wide = max(1, min(item.width, len(text) - (column - start)))
    number = f"{place.line:>5} | "
    more = "…" if start + _WINDOW < len(item.source) else ""
    hint = f" {item.hint}" if item.hint else ""
    caret = Span("^" * wide, _TONES[item.severity])
    return [
        [faint(number), "…" if start else "", text, more],
        [faint(" " * 5 + " | "), " " * pad, caret, hint],
    ]


def diagnostics_lines(items: Sequence[Diagnostic]) -> list[Line]:
    """Return all problems, errors and warnings in the order of their places; of many that one line of a
    file has, of one kind and with one thing to do, a few and how many more.
    """
    groups: dict[object, list[Diagnostic]] = {}
    for number, item in enumerate(items):
        alike = (item.code, item.severity, item.position, item.hint) if item.position else number
        groups.setdefault(alike, []).append(item)
    return [line for group in groups.values() for line in _group(group)]


def _group(items: Sequence[Diagnostic]) -> list[Line]:
    out = [line for item in items[:_ALIKE] for line in diagnostic_lines(item)]
    more = len(items) - _ALIKE
    if more > 0:
        out.append(
            ["      ", faint(f"and {more} more of {items[0].position} (--json has all)   [{items[0].code}]")]
        )
    return out


def counts_line(items: Sequence[Diagnostic], files: int) -> Line:
    """Return the counts: `2 errors, 1 warning in 3 files`."""
    tone = Tone.BAD if any(item.is_error for item in items) else Tone.WARN if items else Tone.GOOD
    return [Span(problem_counts(items, files), tone)]


def validation_lines(items: Sequence[Diagnostic], verdict: Verdict, *, files: int) -> list[Line]:
    """Return the whole answer of `validate`, the verdict last."""
    out = diagnostics_lines(items)
    if verdict.word is Word.VALID:
        out.append([Span(verdict.text, Tone.GOOD)])
        return [*out, *([counts_line(items, files)] if items else [])]
    if not any(item.is_error for item in items):
        out.append([Span("Warnings are not allowed here (fail on warning).", Tone.BAD)])
    return [*out, [Span(verdict.text, Tone.BAD)]]
