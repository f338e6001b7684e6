"""A rehearsal as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from reconciler.model.reaching.rehearsal import Moment, Rehearsal, Spell, Staged
from reconciler.render.rehearsal.grouping import Row, by_fate, counts
from reconciler.render.rehearsal.words import HEADS, SIGNS, counted, shown, where
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, strong
from reconciler.render.text.unknown import by_reason
from reconciler.sdk.access.rehearsal import Rehearsed

_LISTED = 20  # calls that one step opens or closes and that have a line


def lines_of(result: Rehearsal | Staged) -> list[Line]:
    """Return what `rehearse` prints."""
    return rehearsal_lines(result) if isinstance(result, Rehearsal) else staged_lines(result)


def rehearsal_lines(rehearsal: Rehearsal) -> list[Line]:
    """Return what becomes of the calls, the heaviest first; the counts last."""
    lost = ", ".join(rehearsal.lost)
    head: Line = [
        strong("Rehearsal"),
        f" {where(rehearsal.source, rehearsal.file, rehearsal.taken_at)}, without {lost}",
    ]
    groups = [line for fate, rows in by_fate(rehearsal) for line in _group(HEADS[fate], SIGNS[fate], rows)]
    ends = [[f"{_capital(counts_of(rehearsal))}."], *_cautions(rehearsal.cautions)]
    return [head, BLANK, *groups, *_unknown(rehearsal.unknown), *ends]


def counts_of(rehearsal: Rehearsal) -> str:
    """Return the counts in words."""
    return counted(counts(rehearsal))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _group(head: str, sign: Span, rows: Sequence[Row]) -> Iterator[Line]:
    yield [strong(head)]
    width = min(60, max(len(row.shown) for row in rows))
    for row in rows:
        yield ["  ", sign, f" {row.shown:{width}}  ", faint(row.details)]
    yield BLANK


def _cautions(cautions: Sequence[str]) -> Iterator[Line]:
    for caution in cautions:
        yield BLANK
        yield [Span("Note: ", Tone.WARN), f"{caution}."]


def _unknown(unknown: Mapping[str, str]) -> Iterator[Line]:
    for clusters, why in by_reason(unknown):
        yield [Span("Not known: ", Tone.WARN), f"{clusters}: {why}"]


# A plan, step by step


def staged_lines(staged: Staged) -> list[Line]:
    """Return what each step does to access, and what is cut or open only for a while."""
    run = ", services that are named and gateways taken to run" if staged.taken_to_run else ""
    said = f" of {staged.file}, step by step, {where(staged.source, '', staged.taken_at)}{run}"
    lines: list[Line] = [[strong("Rehearsal"), said], BLANK]
    for quiet, some in groupby(staged.moments, key=_is_quiet):
        moments = list(some)
        lines += _quiet(moments) if quiet else [line for one in moments for line in _moment(one)]
    lines += [BLANK] if staged.moments else []
    lines += _spells(staged.spells)
    return [*lines, *_unknown(staged.unknown), [spells_words(staged)]]


def _is_quiet(moment: Moment) -> bool:
    return not (moment.closes or moment.opens or moment.changes)


def _quiet(moments: list[Moment]) -> list[Line]:
    first, last = moments[0].index, moments[-1].index
    which = f"# {first}  {moments[0].address}" if first == last else f"# {first} to # {last}"
    return [[f"  {which}", faint("  no change of access")]]


def spells_words(staged: Staged) -> str:
    """Return the counts of what is otherwise for a while only."""
    cut = sum(one.cut for one in staged.spells)
    opened = len(staged.spells) - cut
    if not staged.spells:
        return "No call is cut and opened again, and none is open for a while only."
    return f"{count(cut, 'call')} cut and opened again, {opened} open for a while only."


def _moment(moment: Moment) -> Iterator[Line]:
    yield [f"  # {moment.index}  {moment.address} ({moment.what})"]
    yield from _effect(moment.closes, "closes", "-")
    yield from _effect(moment.opens, "opens", "+")
    yield from _effect(moment.changes, "changes", "~")


_TONES = {"-": Tone.REMOVE, "+": Tone.ADD, "~": Tone.CHANGE}


def _effect(calls: tuple[Rehearsed, ...], word: str, sign: str) -> Iterator[Line]:
    for call in calls[:_LISTED]:
        yield ["      ", Span(sign, _TONES[sign]), f" {word}  {shown(call)}"]
    if len(calls) > _LISTED:
        yield ["      ", Span(sign, _TONES[sign]), f" {word}  {len(calls) - _LISTED} more"]


def _spells(spells: tuple[Spell, ...]) -> Iterator[Line]:
    for cut, head in ((True, "Cut, and opened again later"), (False, "Open for a while only")):
        found = [one for one in spells if one.cut is cut]
        if found:
            yield [strong(head)]
            for when, some in groupby(found, key=_when):
                yield ["  ", faint(when)]
                yield from (_spell(one) for one in some)
            yield BLANK


def _when(one: Spell) -> str:
    why = f": {one.reason.text}" if one.cut and one.reason is not None else ""
    return f"from # {one.since.index} ({one.since.address}, {one.since.what}) until # {one.until.index}{why}"


def _spell(one: Spell) -> Line:
    return ["    ", Span("!", Tone.BAD if one.cut else Tone.WARN), f" {one.caller} -> {one.to}"]
