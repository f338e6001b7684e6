"""The audit log: its runs, and what verifying it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from reconciler.model.auditing.entry import UNEXPECTED, Audited, Break, BrokenLock, Counts, Entry
from reconciler.model.auditing.origin import Revision
from reconciler.render.text.lines import Line, Span, Tone, count, faint

_HEAD = ("ENTRY", "BEGUN", "BY", "OPERATION", "REVISION", "PLAN", "SERIAL", "OUTCOME")
_GOOD = {"applied", "recorded", "unlocked"}


def list_lines(entries: Sequence[Entry]) -> list[Line]:
    """Return a table of the runs."""
    if not entries:
        return [["The audit log is empty: nothing was applied yet."]]
    rows = [_HEAD, *map(_row, entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines: list[Line] = [[faint(texts[0].rstrip())]]
    for entry, text in zip(entries, texts[1:], strict=True):
        lines.append([text.rstrip() if entry.outcome in _GOOD else Span(text.rstrip(), Tone.WARN)])
        lines += [[faint(f"{' ' * widths[0]}  {more}")] for more in _details(entry)]
    return lines


def _row(entry: Entry) -> tuple[str, ...]:
    after = entry.serial_after
    return (
        str(entry.lines[0]),
        entry.at,
        _by(entry),
        entry.operation,
        _revision(entry.revision),
        entry.begun.fingerprint or "-",
        str(entry.serial) if after in (None, entry.serial) else f"{entry.serial} -> {after}",
        _outcome(entry),
    )


def _by(entry: Entry) -> str:
    actor = entry.actor
    return f"{actor.name or '-'} ({actor.system})" if actor is not None else entry.by


def _revision(revision: Revision | None) -> str:
    return f"{revision.commit[:12]}{' dirty' if revision.dirty else ''}" if revision is not None else "-"


def _outcome(entry: Entry) -> str:
    if entry.outcome is None:
        return "not ended: it is active, or died"
    if entry.outcome == UNEXPECTED:
        return "ended unexpectedly"
    numbers = _numbers(entry.counts) if entry.counts is not None else ""
    return f"{entry.outcome}{f' ({numbers})' if numbers else ''}"


def _numbers(counts: Counts) -> str:
    return ", ".join(f"{number} {name}" for name, number in asdict(counts).items() if number)


def _details(entry: Entry) -> list[str]:
    out = [f"approved by {one.name} ({one.key})" for one in entry.begun.approvals]
    reason, broken = entry.begun.broken_freeze, entry.broken_lock
    out += [f"broke the freeze: {reason}"] if reason else []
    return [*out, *([_broken(broken)] if broken is not None else [])]


def _broken(lock: BrokenLock) -> str:
    since = f", of {lock.since}" if lock.since else ""
    who = f"{lock.operation or 'a run'} by {lock.by or '-'}"
    return f"freed the lock of: {who} ({lock.run or 'no ID'}{since})"


def list_value(place: str, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return the runs as JSON, oldest first."""
    return {"format_version": "1.0", "place": place, "entries": [_value(entry) for entry in entries]}


def _value(entry: Entry) -> dict[str, Any]:
    begun = entry.begun
    return {
        "lines": list(entry.lines),
        "run": entry.run,
        "operation": entry.operation,
        "begun_at": entry.at,
        "ended_at": entry.ended,
        "by": entry.by,
        "actor": asdict(entry.actor) if entry.actor is not None else None,
        "revision": revision_value(entry.revision),
        "reconciler_version": entry.version,
        "lineage": entry.lineage,
        "plan": {"fingerprint": begun.fingerprint, "digest": begun.digest} if begun.fingerprint else None,
        "approvals": [asdict(one) for one in begun.approvals],
        "broken_freeze": begun.broken_freeze or None,
        "broken_lock": asdict(entry.broken_lock) if entry.broken_lock is not None else None,
        "serial_before": entry.serial,
        "serial_after": entry.serial_after,
        "outcome": entry.outcome,
        "counts": asdict(entry.counts) if entry.counts is not None else None,
        "hash": entry.hash,
    }


def revision_value(revision: Revision | None) -> dict[str, Any] | None:
    """Return a revision as JSON; null where it is unknown."""
    return asdict(revision) if revision is not None else None


def verify_lines(found: Audited) -> list[Line]:
    """Return what is wrong with the log, and the hash of its end, to be kept elsewhere."""
    notes: list[Line] = [[faint(f"note     {note}")] for note in found.notes]
    if found.ok and not found.lines:
        return [[f"There is no audit log in {found.place}: nothing was applied yet."], *notes]
    problems: list[Line] = [[Span("problem  ", Tone.BAD), _place(one), one.problem] for one in found.breaks]
    if not found.ok:
        return [*problems, *notes, [f"{count(len(problems), 'problem')} in the audit log in {found.place}."]]
    whole = f"The audit log in {found.place} is whole: {count(found.lines, 'line')}."
    return [*notes, [whole], [faint(f"Its end is {found.hash}.")]]


def _place(one: Break) -> str:
    return f"line {one.line}: " if one.line is not None else ""


def verify_value(found: Audited) -> dict[str, Any]:
    """Return what verifying the log found as JSON."""
    return {
        "format_version": "1.0",
        "place": found.place,
        "valid": found.ok,
        "lines": found.lines,
        "hash": found.hash,
        "breaks": [{"line": one.line, "problem": one.problem} for one in found.breaks],
        "notes": list(found.notes),
    }
