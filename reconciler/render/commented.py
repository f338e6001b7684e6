"""What became of a comment."""

from __future__ import annotations

from reconciler.model.commenting.outcome import Commented, Done
from reconciler.render.text.lines import Line, Span, Tone
from reconciler.sdk.text import escaped

_WORDS = {
    Done.CREATED: "Created the comment: ",
    Done.UPDATED: "Updated the comment: ",
    Done.UNCHANGED: "The comment says the same already: ",
}


def commented_lines(done: Commented) -> list[Line]:
    """Return which comment was written; nothing where none was."""
    return [[_WORDS[done.done], escaped(done.shown)]] if done.done is not Done.SKIPPED else []


def skipped_lines(done: Commented) -> list[Line]:
    """Return why there is no comment, and what to do; nothing where there is one."""
    if done.done is not Done.SKIPPED:
        return []
    lines: list[Line] = [[Span("Warning: ", Tone.WARN), f"no comment: {escaped(done.because)}"]]
    return [*lines, [done.hint]] if done.hint else lines
