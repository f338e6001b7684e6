"""A failure that ended the run: what, where and why, what to do."""

from __future__ import annotations

from reconciler.model.failure import Failure
from reconciler.render.diagnostics import diagnostics_lines
from reconciler.render.text.lines import Line, Span, Tone, paragraph, strong


def failure_lines(failure: Failure) -> list[Line]:
    """Return the failure in Terraform's box, below every problem that it carries."""
    inner: list[Line] = [[Span("Error: ", Tone.BAD), strong(failure.summary)]]
    for text in (failure.detail, failure.hint):
        if text:
            inner += [(), *paragraph(text)]
    return [*diagnostics_lines(failure.diagnostics), *boxed(inner, Tone.BAD)]


def boxed(inner: list[Line], tone: Tone) -> list[Line]:
    """Return lines behind a bar, as Terraform shows errors."""
    bar = Span("│", tone)
    return [[Span("╷", tone)], *([bar, " ", *line] for line in inner), [Span("╵", tone)]]


def surprise_lines(kind: str, text: str, trace: str = "") -> list[Line]:
    """Return an unexpected exception: short, with how to see more, or with its `trace`."""
    inner: list[Line] = [[Span("Error: ", Tone.BAD), strong(f"internal error ({kind}: {text})"), ""], ()]
    if trace:
        inner += paragraph(trace.rstrip("\n"))
    else:
        inner.append(["This is a defect of reconciler. Run the command again with -v to see where it is."])
    return boxed(inner, Tone.BAD)
