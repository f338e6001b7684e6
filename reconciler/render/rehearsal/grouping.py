"""Calls of a rehearsal by fate; those of one destination with the same end on one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.model.reaching.rehearsal import Fate, Rehearsal, fate
from reconciler.render.rehearsal.words import HEADS, details

CALLERS = 4  # callers of one line that are named


class Row(NamedTuple):
    """Callers of one destination with the same fate, and what becomes of their calls."""

    callers: tuple[str, ...]
    to: str
    details: str

    @property
    def shown(self) -> str:
        """`web@dc2, cli@dc2 and 12 more -> api@dc1`."""
        named, more = self.callers[:CALLERS], len(self.callers) - CALLERS
        return f"{', '.join(named)}{f' and {more} more' if more > 0 else ''} -> {self.to}"


def counts(rehearsal: Rehearsal) -> Mapping[Fate, int]:
    """Return how many calls have each fate."""
    return Counter(fate(one.before, one.after) for one in rehearsal.calls)


def by_fate(rehearsal: Rehearsal) -> Iterator[tuple[Fate, list[Row]]]:
    """Yield the fates that occur, but for that of going on, the heaviest first."""
    for one in HEADS:
        rows = _rows(rehearsal, one)
        if rows:
            yield one, rows


def _rows(rehearsal: Rehearsal, wanted: Fate) -> list[Row]:
    found: dict[tuple[str, str], list[str]] = {}
    for call in rehearsal.of(wanted):
        question = call.before.question
        found.setdefault((str(question.to), details(call, wanted)), []).append(str(question.caller))
    return [Row(tuple(callers), to, said) for (to, said), callers in found.items()]
