"""Lines of output: plain parts and toned ones, and the one function that makes text of them.

`paint` escapes every part: control characters (C0, DEL, C1), direction and other invisible format
characters. So the only escape sequences that reach a terminal are the colours written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from reconciler.sdk.text import escaped


class Tone(Enum):
    """How a part looks where colours are on; the value is its SGR code."""

    ADD = "32"
    CHANGE = "33"
    REMOVE = "31"
    STRONG = "1"
    FAINT = "2"
    GOOD = "1;32"
    WARN = "1;33"
    BAD = "1;31"


class Span(NamedTuple):
    """A part of a line with a tone."""

    text: str
    tone: Tone


Part = str | Span
Line = Sequence[Part]
BLANK: Line = ()


def paint(lines: Iterable[Line], *, colour: bool = False) -> str:
    """Return the lines as text, each ended by a newline. Nothing in a part can steer the terminal."""
    return "".join([_line(line, colour) for line in lines])


def _line(line: Line, colour: bool) -> str:
    if not line:
        return "\n"
    if isinstance(line, str):  # a bare text would be taken apart into its characters
        return escaped(line) + "\n"
    return "".join([_part(part, colour) for part in line]).rstrip(" ") + "\n"


def _part(part: Part, colour: bool) -> str:
    if isinstance(part, Span):
        text = escaped(part.text)
        return f"\x1b[{part.tone.value}m{text}\x1b[0m" if colour and text else text
    return escaped(part)


def width(line: Line) -> int:
    """Return how many columns the line takes."""
    return sum(len(escaped(part.text if isinstance(part, Span) else part)) for part in line)


def cut(line: Line, columns: int) -> Line:
    """Return the line, shortened with an ellipsis where it is wider than `columns`."""
    if width(line) <= columns:
        return line
    out: list[Part] = []
    left = max(columns - 1, 0)
    for part in line:
        text = escaped(part.text if isinstance(part, Span) else part)[:left]
        left -= len(text)
        out.append(Span(text, part.tone) if isinstance(part, Span) else text)
    return [*out, "…"]


def strong(text: str) -> Span:
    """Return text that carries the answer."""
    return Span(text, Tone.STRONG)


def faint(text: str) -> Span:
    """Return text that most readers skip."""
    return Span(text, Tone.FAINT)


def count(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: `1 error`, `2 errors`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def seconds(elapsed: float) -> str:
    """Return a duration for people: `0.6s`, `12s`, `2m5s`."""
    if elapsed < 9.95:
        return f"{max(elapsed, 0.0):.1f}s"
    whole = round(elapsed)
    return f"{whole}s" if whole < 60 else f"{whole // 60}m{whole % 60}s"


def paragraph(text: str) -> list[Line]:
    """Return a text that may have several lines, as lines."""
    return [[line] for line in text.split("\n")] if text else []
