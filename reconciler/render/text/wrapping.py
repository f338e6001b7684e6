"""Long lines on a terminal: broken between words, with what follows set in below its line.

Only terminals get this. A pipe gets each line whole, so that `grep` and golden files see one line a fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reconciler.render.text.lines import Line, Part, Span, width
from reconciler.sdk.text import escaped

NARROW = 40  # columns below which breaking lines does not help

# What a line begins with and its continuation repeats: the bar of a box, the gutter beside a quoted
# source line (without its number), the mark of a comment, white space.
_HEAD = re.compile(r"(│ )?( *)(\d+ *(?=\|)|)(\| +)?(# +)?( *)")
_SOURCE = re.compile(r" *\d+ \| ")
_CARET = re.compile(r"( +\| ) *(?=\^)")
_WORD = re.compile(r"\S+")


def wrapped(lines: Iterable[Line], columns: int) -> Iterator[Line]:
    """Yield the lines, those that are wider than `columns` broken between words."""
    rows = list(lines)
    start = 0  # columns that the quoted source line above was cut by, at its beginning
    for number, line in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else ()
        shown = _shifted(line, start) if start else line
        start = 0
        if columns < NARROW or width(shown) <= columns:
            yield shown
        elif (caret := _caret(line, below)) is not None:
            start = _beginning(caret, columns)
            yield _cut(line, start, columns)
        else:
            yield from _broken(shown, columns)


def _caret(line: Line, below: Line) -> int | None:
    """Return the column of the caret below a quoted source line, with its gutter; else `None`."""
    texts = ["".join(escaped(_text(part)) for part in row) for row in (line, below)]
    match = _CARET.match(texts[1])
    return match.end() if match and _SOURCE.match(texts[0]) and len(match[1]) == _gutter(texts[0]) else None


def _gutter(text: str) -> int:
    match = _SOURCE.match(text)
    return match.end() if match else 0


def _beginning(caret: int, columns: int) -> int:
    """Return how many columns of a source line to leave out, so that the caret is on the screen."""
    return 0 if caret < columns - 1 else caret - columns // 2


def _cut(line: Line, start: int, columns: int) -> Line:
    """Return a source line from a column on, as wide as fits: a quoted line is never broken."""
    gutter = _gutter("".join(escaped(_text(part)) for part in line))
    begin = gutter + start + (1 if start else 0)
    text = list(_slice(line, begin, gutter + start + columns - gutter - 1))
    return [*_slice(line, 0, gutter), *(["…"] if start else []), *text, "…"]


def _shifted(line: Line, start: int) -> Line:
    """Return the line with the caret, moved to the left as far as the source line above it was."""
    text = "".join(escaped(_text(part)) for part in line)
    gutter = text.index("|") + 2
    return [*_slice(line, 0, gutter), *_slice(line, gutter + start, len(text))]


def _broken(line: Line, columns: int) -> Iterator[Line]:
    text = "".join(escaped(_text(part)) for part in line)
    margin = _margin(text, columns)
    begin, offset = 0, 0  # of this row in the text, and the width of what is before it
    for word in _WORD.finditer(text):
        if offset + word.end() - begin > columns and word.start() > max(begin, len(margin)):
            yield [*([margin] if begin else []), *_slice(line, begin, word.start())]
            begin, offset = word.start(), len(margin)
    yield [*([margin] if begin else []), *_slice(line, begin, len(text))]


def _text(part: Part) -> str:
    return part.text if isinstance(part, Span) else part


def _margin(text: str, columns: int) -> str:
    """Return what a continuation begins with: the head of its line, and a little more where that is no
    gutter.
    """
    match = _HEAD.match(text)
    assert match is not None  # every part of it may be empty
    bar, space, number, gutter, comment, more = match.groups(default="")
    head = f"{bar}{space}{' ' * len(number)}{gutter}{comment}{more}"
    if not (bar or gutter):
        head += "    "
    return head if len(head) <= columns // 2 else f"{bar}    "


def _slice(line: Line, begin: int, end: int) -> Iterator[Part]:
    """Yield the parts of a line between two places in its text."""
    at = 0
    for part in line:
        text = escaped(_text(part))
        cut = text[max(begin - at, 0) : max(end - at, 0)]
        at += len(text)
        if cut:
            yield Span(cut, part.tone) if isinstance(part, Span) else cut
