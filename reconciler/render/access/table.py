"""Answers as a table: by cluster and service of the destination, callers with the same answer on one line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.model.access import AccessResult
from reconciler.render.access.words import (
    TONES,
    apart_words,
    arrival,
    counts_words,
    destination,
    details,
    dialed,
    source_words,
)
from reconciler.render.text.folding import alike
from reconciler.render.text.lines import BLANK, Line, Span, count, faint, strong
from reconciler.render.text.unknown import by_reason
from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.question import Service

CALLERS = 6  # callers of one line that are named before the rest is counted by cluster
_NARROW, _WIDEST = 8, 32  # columns of a name between which the answers are aligned


class Row(NamedTuple):
    """Callers of one destination that get the same answer."""

    decision: Decision
    details: tuple[str, ...]
    callers: tuple[str, ...]


class Entry(NamedTuple):
    """A destination and its rows. `name` is how the destination is called in its cluster."""

    cluster: str
    name: str
    rows: tuple[Row, ...]


def table_lines(result: AccessResult) -> list[Line]:
    """Return answers for people: the table, what is not known, and the counts last."""
    return [
        [strong("Access"), f" {source_words(result)}: {_extent(result)}"],
        *_clusters(_entries(result.answers)),
        BLANK,
        *unknown_lines(result.unknown),
        *([[f"{apart_words(result.apart)}."]] if result.apart else []),
        summary_line(result),
    ]


def summary_line(result: AccessResult) -> Line:
    """Return the line of counts: `6 pairs: 2 allowed, 4 denied.`"""
    return [f"{count(len(result.answers), 'pair')}: {counts_words(result.answers)}."]


def unknown_lines(unknown: Mapping[str, str]) -> list[Line]:
    """Return a line for each reason why something of clusters is not known."""
    return [[f"Not known of {clusters}: {why}"] for clusters, why in by_reason(unknown)]


def _extent(result: AccessResult) -> str:
    clusters = count(len(result.clusters), "cluster")
    return clusters if result.services is None else f"{clusters}, {count(len(result.services), 'service')}"


def _entries(answers: Iterable[Answer]) -> list[Entry]:
    """Return the destinations in order, each with its rows."""
    found: dict[tuple[str, str], dict[tuple[Decision, tuple[str, ...]], list[str]]] = {}
    for answer in answers:
        rows = found.setdefault(_place(answer), defaultdict(list))
        rows[answer.decision, details(answer)].append(str(answer.question.caller))
    return [Entry(*place, _rows(found[place])) for place in sorted(found)]


def _place(answer: Answer) -> tuple[str, str]:
    """Return the cluster and the name that an answer is listed under."""
    upstream = dialed(answer)
    to = destination(answer) if upstream is None else arrival(answer)
    if upstream is not None:
        arrives = f" -> {_local(to)}" if to is not None else ""
        return (to.cluster if to is not None else answer.question.caller.cluster), f"{upstream}{arrives}"
    return (to.cluster, _local(to)) if to is not None else ("", "")


def _local(service: Service) -> str:
    return str(service).rpartition("@")[0]


def _rows(found: Mapping[tuple[Decision, tuple[str, ...]], list[str]]) -> tuple[Row, ...]:
    order = list(TONES)
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    return tuple(Row(*key, tuple(dict.fromkeys(found[key]))) for key in keys)


def _clusters(entries: Sequence[Entry]) -> Iterator[Line]:
    of: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        of[entry.cluster].append(entry)
    for cluster, those in of.items():
        yield BLANK
        yield [strong(f"to {cluster}")]
        groups = [(_names([one.name for one in group]), group[0].rows) for group in alike(those, _same)]
        wide = max((len(names) for names, _ in groups if len(names) <= _WIDEST), default=_NARROW)
        for names, rows in groups:
            yield from _block(names, rows, max(wide, _NARROW))


def _same(entry: Entry) -> tuple[Row, ...]:
    return entry.rows


def _block(names: str, rows: Sequence[Row], wide: int) -> Iterator[Line]:
    """Yield the lines of a destination, or of several with the same answers to the same callers."""
    if len(names) > wide:
        yield [f"  {names}"]
        names = ""
    for number, row in enumerate(rows):
        yield [f"  {'' if number else names:<{wide}}  ", *_cells(row)]


def _cells(row: Row) -> Line:
    mark = Span(f"{row.decision.value:<11}", TONES[row.decision])
    more = f"   {'; '.join(row.details)}" if row.details else ""
    return [mark, f"  {callers_text(row.callers)}", faint(more)]


def callers_text(callers: Sequence[str]) -> str:
    """Return callers on one line: all of a few; of many the first, and how many more each cluster has."""
    if len(callers) <= CALLERS:
        return ", ".join(callers)
    shown, rest = callers[: CALLERS // 2], callers[CALLERS // 2 :]
    by = Counter(caller.rpartition("@")[2] for caller in rest)
    each = ", ".join(f"{cluster} {number}" for cluster, number in sorted(by.items()))
    return f"{', '.join(shown)} and {len(rest)} more ({each})"


def _names(names: Sequence[str]) -> str:
    shown = names[: CALLERS // 2]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
