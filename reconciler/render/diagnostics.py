"""Problems in what the user wrote: where, the line, a caret, what to do; and how many in all."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.render.text.lines import Line, Span, Tone, count, faint, strong
from reconciler.sdk.text import escaped

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
        out.append(["      = ", item.hint])
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
    """Return all problems, errors and warnings in the order of their places."""
    return [line for item in items for line in diagnostic_lines(item)]


def counts_line(items: Sequence[Diagnostic], files: int) -> Line:
    """Return the counts: `2 errors, 1 warning in 3 files`."""
    errors = sum(item.is_error for item in items)
    text = f"{count(errors, 'error')}, {count(len(items) - errors, 'warning')} in {count(files, 'file')}"
    return [Span(text, Tone.BAD if errors else Tone.WARN if items else Tone.GOOD)]


def validation_lines(
    items: Sequence[Diagnostic], *, files: int, resources: int = 0, clusters: int = 0, ok: bool | None = None
) -> list[Line]:
    """Return the whole answer of `validate`. `ok`: whether it succeeds; if not given, without an error."""
    if any(item.is_error for item in items):
        return [*diagnostics_lines(items), counts_line(items, files)]
    if ok is False:
        failed: Line = [Span("Warnings are not allowed here (fail on warning).", Tone.BAD)]
        return [*diagnostics_lines(items), failed, counts_line(items, files)]
    found = f" {count(resources, 'resource')} on {count(clusters, 'cluster')}, in {count(files, 'file')}."
    good: Line = [Span("Success! The configuration is valid.", Tone.GOOD), found]
    return [*diagnostics_lines(items), good, *([counts_line(items, files)] if items else [])]
