"""Comments for reconciler in a file of the configuration: `# reconciler: ignore[rule] reason`.

YAML parsers drop comments. A text that looks like one may be part of a value, so the parser is asked where
values are; only files that have such a text pay for that.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from reconciler.sdk.dataclass import dataclass

_WORDS = ("reconciler", "Reconciler", "RECONCILER")
_COMMENT = re.compile(
    r"(?<!\S)#[ \t]*(?:reconciler:|(?:reconciler|Reconciler|RECONCILER)[ \t]*:(?=[ \t]*ignore))"
)


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment. `line` and `column` count from 0; `text` is what follows the word.

    `about`: the line that it is for, from 0: its own, or where it is alone on it the next one that has more
    than comments.
    """

    line: int
    column: int
    text: str
    about: int


def may_have_comments(text: str) -> bool:
    """Say whether a text has the word at all: most have not."""
    return any(word in text for word in _WORDS)


def comments(lines: Sequence[str], events: Iterable[Any]) -> list[Comment]:
    """Return the comments of a text. `events` are those of its parser."""
    found = [
        (number, match.start(), said)
        for number, line in enumerate(lines)
        if may_have_comments(line)
        for match, said in _in_line(line)
    ]
    inside = _inside({(number, column) for number, column, _ in found}, events) if found else set()
    return [
        Comment(number, column, said, _about(number, column, lines))
        for number, column, said in found
        if (number, column) not in inside
    ]


def _in_line(line: str) -> Iterator[tuple[re.Match[str], str]]:
    """Yield where each comment of a line begins, and what it says: up to the next one."""
    matches = list(_COMMENT.finditer(line))
    ends = [one.start() for one in matches[1:]]
    for match, end in zip_longest(matches, ends):  # the last one ends with the line
        yield match, line[match.end() : end].strip()


def _inside(places: set[tuple[int, int]], events: Iterable[Any]) -> set[tuple[int, int]]:
    """Return the places that are within a value."""
    ordered, out = sorted(places), set()
    for first, last in _values(events):
        at = bisect_left(ordered, first)
        while at < len(ordered) and ordered[at] < last:
            out.add(ordered[at])
            at += 1
    return out


def _values(events: Iterable[Any]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield where each quoted or block value begins and ends. A plain one ends where a comment begins."""
    for event in events:
        style = getattr(event, "style", None)
        if not style or not hasattr(event, "value"):
            continue
        first, last = event.start_mark, event.end_mark
        block = style in "|>"  # a comment may follow the sign that begins it
        begins = (first.line + 1, 0) if block else (first.line, first.column)
        yield begins, (last.line, last.column)


def _about(number: int, column: int, lines: Sequence[str]) -> int:
    if lines[number][:column].strip():
        return number
    for later in range(number + 1, len(lines)):
        text = lines[later].strip()
        if text and not text.startswith("#"):
            return later
    return number
