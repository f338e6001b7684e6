"""Long texts, for people: scripts, certificates, JSON in JSON. What changes, with a little around it.

A text of several lines is compared line by line, a long line is shown around what changes in it, and what is
left out is counted. JSON output has every value whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

LONGEST = 240  # characters of one value, or of one line of a text, that are shown
_AROUND = 40  # characters shown on both sides of a change in a long line
_CONTEXT = 3  # lines shown on both sides of a change
MOST = 60  # lines of one text that are shown
FIRST = 10  # lines of a text that is new or goes as a whole
_LINES = 2_000  # lines of either text, what is common at both ends apart, that are compared ...
_PAIRS = 20_000  # ... and pairs of equal lines among them: comparing takes their number times the changes


class Row(NamedTuple):
    """A line of a text: `sign` is `+`, `-`, or a space; a row that only counts has none."""

    sign: str
    text: str


def is_text(value: object) -> bool:
    """Say whether a value is better shown in lines."""
    return isinstance(value, str) and len(value) > LONGEST // 3 and value.count("\n") > 2


def text_size(text: str) -> str:
    """Return `200 lines, 5,371 characters`."""
    return f"{_number(len(_lines(text)))}, {len(text):,} characters"


def shortened(text: str, limit: int = LONGEST) -> str:
    """Return the beginning of a long text, and how much more there is."""
    if len(text) <= limit + _AROUND:
        return text
    return f"{text[:limit]}… ({len(text) - limit:,} more characters)"


def around(old: str, new: str) -> tuple[str, str, str]:
    """Return both texts around what differs, and where that is; as they are, and nothing, where they are
    short.
    """
    if len(old) + len(new) <= LONGEST:
        return old, new, ""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    where = f"   (from character {start + 1:,} on, of {len(old):,} and {len(new):,})"
    return _window(old, start, len(old) - end), _window(new, start, len(new) - end), where


def _common(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def _window(text: str, begin: int, end: int) -> str:
    first, last = max(begin - _AROUND, 0), min(end + _AROUND, len(text))
    middle = text[begin:end]
    if len(middle) > LONGEST:
        half = LONGEST // 2
        middle = f"{middle[:half]}…({len(middle) - 2 * half:,} characters)…{middle[-half:]}"
    return (
        f"{'…' if first else ''}{text[first:begin]}{middle}{text[end:last]}{'…' if last < len(text) else ''}"
    )


def whole_text(text: str) -> list[Row]:
    """Return the first lines of a text, and how many more there are."""
    lines = _lines(text)
    shown = [Row(" ", shortened(line)) for line in lines[:FIRST]]
    return [*shown, *_skipped(len(lines) - FIRST)]


def changed_lines(old: str, new: str) -> tuple[str, list[Row]]:
    """Return what changes between two texts: in a few words, and line by line with context."""
    was, now = _lines(old), _lines(new)
    rows: list[Row] = []
    gone = come = done = 0
    for begin, end, first, last in _changes(was, now):
        gone, come = gone + end - begin, come + last - first
        rows += _between(was, done, begin, opening=not done)
        rows += _exchanged(was[begin:end], now[first:last])
        done = end
    rows += _tail(was, done)
    words = f"{_number(gone)} of {len(was):,} removed, {_number(come)} added"
    return words, _limited(rows)


def _lines(text: str) -> list[str]:
    """Return the lines; a text that does not end its last one says so, as `diff` does."""
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else [*lines[:-1], f"{lines[-1]}   (no newline at the end)"]


Change = tuple[int, int, int, int]  # lines of the old text, from and to, and of the new one


def _changes(was: Sequence[str], now: Sequence[str]) -> Iterator[Change]:
    """Yield the places that differ. Where comparing would take too long, everything between the
    common ends.
    """
    start = _common_lines(was, now)
    end = _common_lines(was[start:][::-1], now[start:][::-1])
    old, new = was[start : len(was) - end], now[start : len(now) - end]
    if max(len(old), len(new)) > _LINES or _pairs(old, new) > _PAIRS:
        yield start, start + len(old), start, start + len(new)
        return
    from difflib import SequenceMatcher

    for tag, begin, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield start + begin, start + stop, start + first, start + last


def _common_lines(one: Sequence[str], other: Sequence[str]) -> int:
    number = 0
    while number < min(len(one), len(other)) and one[number] == other[number]:
        number += 1
    return number


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    counted = Counter(new)
    return sum(times * counted[line] for line, times in Counter(old).items())


def _between(lines: Sequence[str], begin: int, end: int, *, opening: bool) -> list[Row]:
    """Return what stays between two changes: a few lines of both ends."""
    head = 0 if opening else min(_CONTEXT, end - begin)
    tail = min(_CONTEXT, end - begin - head)
    return [
        *(Row(" ", shortened(line)) for line in lines[begin : begin + head]),
        *_skipped(end - begin - head - tail, "unchanged "),
        *(Row(" ", shortened(line)) for line in lines[end - tail : end]),
    ]


def _tail(lines: Sequence[str], begin: int) -> list[Row]:
    shown = [Row(" ", shortened(line)) for line in lines[begin : begin + _CONTEXT]]
    return [*shown, *_skipped(len(lines) - begin - len(shown), "unchanged ")]


def _exchanged(gone: Sequence[str], come: Sequence[str]) -> list[Row]:
    """Return lines that are removed, then lines that are added; where they are as many, long ones around what
    differs.
    """
    if len(gone) == len(come):
        shown = [around(old, new)[:2] for old, new in zip(gone, come, strict=True)]
        gone, come = [old for old, _ in shown], [new for _, new in shown]
    return [*_some("-", gone), *_some("+", come)]


def _some(sign: str, lines: Sequence[str]) -> list[Row]:
    shown = [Row(sign, shortened(line)) for line in lines[: MOST // 3]]
    return [*shown, *(Row("", f"({sign} {row.text[1:]}") for row in _skipped(len(lines) - len(shown)))]


def _number(lines: int, what: str = "") -> str:
    return f"{lines:,} {what}{'line' if lines == 1 else 'lines'}"


def _skipped(number: int, what: str = "more ") -> list[Row]:
    return [Row("", f"({_number(number, what)})")] if number > 0 else []


def _limited(rows: list[Row]) -> list[Row]:
    changed = sum(row.sign in ("+", "-") for row in rows[MOST:])
    if not changed:
        return rows
    return [*rows[:MOST], Row("", f"({_number(changed, 'more changed ')})")]
