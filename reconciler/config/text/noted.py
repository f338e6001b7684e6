"""The problems of one file as it is read: noted at their places, until one stops the reading."""

from __future__ import annotations

from reconciler.config.text.document import SourceDoc, pack
from reconciler.model.diagnostic import Diagnostic

_MAX_PROBLEMS = 50


class Stop(Exception):
    """The file cannot be read any further; the problem is already noted."""


def place_at(text: str, index: int) -> int:
    """Return the place of a character of the text, packed."""
    before = text[:index].splitlines(keepends=True) or [""]
    fresh = before[-1].endswith(("\n", "\r", "\x85", "\u2028", "\u2029"))
    return pack(len(before), 0) if fresh else pack(len(before) - 1, len(before[-1]))


class Noted:
    """A document, and the problems found in it so far."""

    def __init__(self, doc: SourceDoc) -> None:
        self.doc = doc
        self.problems: list[Diagnostic] = []

    def note(self, at: int, code: str, summary: str, hint: str) -> None:
        """Note a problem at a packed place. Raises `Stop` where there are too many."""
        self.append(self.doc.problem(at, code, summary, hint))

    def append(self, problem: Diagnostic) -> None:
        """Add a problem. Raises `Stop` where there are too many."""
        self.problems.append(problem)
        if len(self.problems) >= _MAX_PROBLEMS:
            raise Stop

    def stop(self, at: int, code: str, summary: str, hint: str) -> None:
        """Note a problem that ends the reading: raises `Stop`."""
        self.note(at, code, summary, hint)
        raise Stop
