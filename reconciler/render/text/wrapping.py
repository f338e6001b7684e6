"""Long lines on a terminal: broken between words, with what follows set in below its line.

Only terminals get this. A pipe gets each line whole, so that `grep` and golden files see one line a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reconciler.render.text.lines import Line, Part, Span, width
from reconciler.sdk.text import escaped

NARROW = 40  # columns below which breaking lines helps nobody

# What a line begins with and its continuation repeats: the bar of a box, the gutter beside a quoted
# source line (without its number), the mark of a comment, white space.
_HEAD = re.compile(r"(│ )?( *)(\d+ *(?=\|)|)(\| +)?(# +)?( *)")
_WORD = re.compile(r"\S+")


def wrapped(lines: Iterable[Line], columns: int) -> Iterator[Line]:
    """The lines, those that are wider than `columns` broken between words."""
    for line in lines:
        if columns < NARROW or width(line) <= columns:
            yield line
        else:
            yield from _broken(line, columns)


def _broken(line: Line, columns: int) -> Iterator[Line]:
    text = "".join(escaped(_text(part)) for part in line)
    margin = _margin(text, columns)
    begin, offset = 0, 0  # of this row in the text, and the width of what stands before it
    for word in _WORD.finditer(text):
        if offset + word.end() - begin > columns and word.start() > max(begin, len(margin)):
            yield [*([margin] if begin else []), *_slice(line, begin, word.start())]
            begin, offset = word.start(), len(margin)
    yield [*([margin] if begin else []), *_slice(line, begin, len(text))]


def _text(part: Part) -> str:
    return part.text if isinstance(part, Span) else part


def _margin(text: str, columns: int) -> str:
    """What a continuation begins with: the head of its line, and a little more where that is no gutter."""
    match = _HEAD.match(text)
    assert match is not None  # every part of it may be empty
    bar, space, number, gutter, comment, more = match.groups(default="")
    head = f"{bar}{space}{' ' * len(number)}{gutter}{comment}{more}"
    if not (bar or gutter):
        head += "    "
    return head if len(head) <= columns // 2 else f"{bar}    "


def _slice(line: Line, begin: int, end: int) -> Iterator[Part]:
    """The parts of a line between two places in its text."""
    at = 0
    for part in line:
        text = escaped(_text(part))
        cut = text[max(begin - at, 0) : max(end - at, 0)]
        at += len(text)
        if cut:
            yield Span(cut, part.tone) if isinstance(part, Span) else cut
