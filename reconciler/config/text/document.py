"""Documents: plain values of one file, and beside them the place of every key and value.

A value tree is plain (`dict`, `list`, text, numbers, `bool`, `None`). Its places are a parallel tree: a
scalar's place is one integer, a container's is a `Marks`. Line and column are packed into the integer, so
that a hundred thousand places cost little.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Union

from reconciler.config.text.comments import Comment
from reconciler.model.diagnostic import Diagnostic, Position, Severity
from reconciler.sdk.dataclass import dataclass

_COLUMN_BITS = 24
_COLUMN_MASK = (1 << _COLUMN_BITS) - 1
_TOKEN = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:''|[^'])*'|[\[\]{}]|[^\s,\[\]{}:#]+(?::[^\s,\[\]{}]+)*)""")

_MAX_TEXT = 1000

Step = str | int


class Marks:
    """Places of a container: `at` its own, `keys` those of a mapping's keys, `kids` those of its values."""

    __slots__ = ("at", "keys", "kids")

    def __init__(self, at: int, keys: dict[str, int] | None, kids: Any) -> None:
        self.at = at
        self.keys = keys
        self.kids = kids

    def kid(self, step: object) -> Mark | None:
        """Return the place of one value, or `None` where there is no such step."""
        try:
            found: Mark | None = self.kids[step]
        except (KeyError, IndexError, TypeError):
            return None
        return found


Mark = Union[int, Marks]  # noqa: UP007 - evaluated before `Marks | int` could be


def pack(line: int, column: int) -> int:
    """Return a place, both counted from 0, as one integer."""
    return line << _COLUMN_BITS | min(column, _COLUMN_MASK)


def start(mark: Mark) -> int:
    """Return where a value begins, packed."""
    return mark.at if isinstance(mark, Marks) else mark


@dataclass(slots=True)
class SourceDoc:
    """One file: its text by line, its value, and the places of everything in it."""

    file: str
    lines: Sequence[str] = field(repr=False, default=())
    value: Any = None
    marks: Mark = 0
    variables: list[tuple[Any, Step, bool, Marks]] = field(default_factory=list, repr=False)
    comments: list[Comment] = field(default_factory=list, repr=False)

    def position(self, mark: Mark) -> Position:
        """Return the place as people write it."""
        at = start(mark)
        return Position(self.file, (at >> _COLUMN_BITS) + 1, (at & _COLUMN_MASK) + 1)

    def line(self, number: int) -> str | None:
        """Return the text of a line, counted from 1."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None

    def problem(
        self,
        mark: Mark,
        code: str,
        summary: str,
        hint: str = "",
        *,
        warning: bool = False,
        related: tuple[tuple[Position, str], ...] = (),
        address: str = "",
        detail: str = "",
    ) -> Diagnostic:
        """Return a diagnostic about the value or key at `mark`, with its line and the width of its token."""
        position = self.position(mark)
        line = self.line(position.line)
        return Diagnostic(
            Severity.WARNING if warning else Severity.ERROR,
            code,
            one_line(summary),
            position,
            one_line(hint),
            detail,
            line,
            _width(line, position.column - 1),
            related,
            address,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a document that outlives the walk which found it."""

    doc: SourceDoc
    mark: Mark

    @property
    def position(self) -> Position:
        """Return the place as people write it."""
        return self.doc.position(self.mark)

    def inner(self, *path: Step) -> Place:
        """Return the place of a value below this one; as deep as the path is known."""
        mark = self.mark
        for step in path:
            below = mark.kid(step) if isinstance(mark, Marks) else None
            if below is None:
                break
            mark = below
        return Place(self.doc, mark)

    def key(self, *path: Step) -> Place:
        """Return the place of a key (or of a list item) below this one."""
        parent = self.inner(*path[:-1]) if len(path) > 1 else self
        marks = parent.mark
        if isinstance(marks, Marks) and marks.keys is not None and path[-1] in marks.keys:
            return Place(self.doc, marks.keys[str(path[-1])])
        return parent.inner(path[-1])

    def problem(self, code: str, summary: str, hint: str = "", **more: Any) -> Diagnostic:
        """Return a diagnostic about this place; see `SourceDoc.problem`."""
        return self.doc.problem(self.mark, code, summary, hint, **more)


def one_line(text: str) -> str:
    """Return text that quotes the user, fit for one line of a terminal: escaped where unprintable, and
    cut.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _width(line: str | None, column: int) -> int:
    """Return how many characters the token at a column spans; 1 where none is recognised."""
    match = _TOKEN.match(line, column) if line is not None else None
    return len(match.group(1)) if match else 1
