"""The kept snapshots of a state, what verifying it found, and how two states differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from reconciler.model.auditing.origin import Revision
from reconciler.model.state import Check, Generation
from reconciler.render.text.lines import Line, Span, Tone, count, faint
from reconciler.sdk.address import Address

_UNITS = ((1 << 20, "MiB"), (1 << 10, "KiB"))


class Differing(Protocol):
    """How two states differ: see `reconciler.app.states.differences`."""

    @property
    def added(self) -> Sequence[Address]:
        """Addresses that come."""
        ...

    @property
    def removed(self) -> Sequence[Address]:
        """Addresses that go."""
        ...

    @property
    def changed(self) -> Sequence[Address]:
        """Addresses that are recorded otherwise."""
        ...

    @property
    def clusters(self) -> Sequence[str]:
        """Clusters that come, go, or are recorded otherwise."""
        ...

    @property
    def rest(self) -> Sequence[str]:
        """What else differs, in words."""
        ...


def history_lines(generations: Sequence[Generation]) -> list[Line]:
    """Return a table of the kept snapshots."""
    if not generations:
        return [["The state is empty: nothing was applied yet."]]
    head = ("SERIAL", "SAVED", "BY", "OPERATION", "REVISION", "RESOURCES", "SIZE")
    rows = [head, *map(_row, generations)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines: list[Line] = []
    for number, row in enumerate(rows):
        text = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        problem = generations[number - 1].problem if number else None
        lines.append([faint(text)] if not number else [text])
        lines += [[Span(f"  cannot be read: {problem}", Tone.WARN)]] if problem else []
    return lines


def _row(one: Generation) -> tuple[str, ...]:
    saved = one.saved
    at, by, operation = (saved.at, saved.by, saved.operation) if saved is not None else ("-", "-", "-")
    return (
        str(one.serial),
        at,
        by,
        operation,
        _revision(saved.revision if saved is not None else None),
        "-" if one.resources is None else str(one.resources),
        _size(one.size),
    )


def _revision(revision: Revision | None) -> str:
    return f"{revision.commit[:12]}{' dirty' if revision.dirty else ''}" if revision is not None else "-"


def _size(size: int) -> str:
    for unit, name in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"


def history_value(place: str, generations: Sequence[Generation]) -> dict[str, Any]:
    """Return the kept snapshots as JSON, newest first."""
    return {
        "format_version": "1.0",
        "place": place,
        "generations": [
            {
                "serial": one.serial,
                "saved_at": one.saved.at if one.saved else None,
                "saved_by": one.saved.by if one.saved else None,
                "operation": one.saved.operation if one.saved else None,
                "revision": asdict(one.saved.revision) if one.saved and one.saved.revision else None,
                "resources": one.resources,
                "size": one.size,
                "problem": one.problem,
            }
            for one in generations
        ],
    }


def verified_lines(place: str, checks: Sequence[Check]) -> list[Line]:
    """Return what was read, and what is wrong with it."""
    if not checks:
        return [[f"Nothing is stored in {place}: nothing was applied yet."]]
    out: list[Line] = []
    for check in checks:
        if check.problem is None:
            mark = Span("unknown  ", Tone.WARN) if check.unknown else Span("ok       ", Tone.GOOD)
            out.append([mark, check.part, faint(f"  {check.detail}")])
        else:
            first, *more = check.problem.splitlines()
            out.append([Span("problem  ", Tone.BAD), check.part, f"  {first}"])
            out += [["         ", line] for line in more]
    wrong = sum(check.problem is not None for check in checks)
    sound = "sound, as far as it could be read" if any(check.unknown for check in checks) else "sound"
    out.append([f"{count(wrong, 'problem')} in {place}." if wrong else f"The state in {place} is {sound}."])
    return out


def verified_value(place: str, checks: Sequence[Check], *, ok: bool) -> dict[str, Any]:
    """Return what verifying found as JSON."""
    return {
        "format_version": "1.0",
        "place": place,
        "valid": ok,
        "checks": [
            {"part": check.part, "detail": check.detail, "problem": check.problem}
            | ({"unknown": True} if check.unknown else {})
            for check in checks
        ],
    }


def difference_lines(differing: Differing) -> list[Line]:
    """Return what becomes of the record, one line each."""
    out: list[Line] = []
    for tone, sign, found in (
        (Tone.GOOD, "+", differing.added),
        (Tone.WARN, "~", differing.changed),
        (Tone.BAD, "-", differing.removed),
    ):
        out += [[Span(f"  {sign} ", tone), str(address)] for address in found]
    out += _others("cluster", differing.clusters)
    out += _others("", differing.rest)
    return out


def _others(kind: str, names: Iterable[str]) -> list[Line]:
    return [[Span("  ~ ", Tone.WARN), f"{kind} {name}".strip()] for name in names]
