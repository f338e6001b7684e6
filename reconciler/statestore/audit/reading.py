"""The audit log as read: its runs, and every place where it is not what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from reconciler.model.auditing.entry import Anchor, Begun, Break, BrokenLock, Counts, Entry, Signed
from reconciler.model.auditing.origin import Actor
from reconciler.sdk.dataclass import dataclass
from reconciler.statestore.audit.lines import BEGUN, ENDED, Line, is_intact, parse
from reconciler.statestore.text.fields import Unreadable, revision_from


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The lines of a log, and the anchor of the last one as the place keeps it beside them.

    `lost` are parts of it that are missing or damaged, `notes` what is no fault.
    """

    lines: tuple[str, ...] = ()
    last: Anchor | None = None
    lost: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def entries(lines: Sequence[str]) -> list[Entry]:
    """Return the runs, oldest first. Lines that cannot be read are passed over: `breaks` names them."""
    found: dict[int, Entry] = {}
    for text in lines:
        try:
            line = parse(text)
        except Unreadable:
            continue
        begun = line.values.get("of") if line.event == ENDED else None
        if begun is None:
            found[line.number] = _entry(line)
        elif begun in found:
            found[begun] = _with_end(found[begun], line)
    return list(found.values())


def _entry(line: Line) -> Entry:
    raw = line.values
    one = Entry(
        lines=(line.number,),
        run=str(raw.get("run", "")),
        operation=str(raw.get("operation", "")),
        at=str(raw.get("at", "")),
        by=str(raw.get("by", "")),
        actor=_actor(raw.get("actor")),
        revision=revision_from(raw.get("revision")),
        version=str(raw.get("version", "")),
        lineage=str(raw.get("lineage", "")),
        begun=_begun(raw),
        serial=_int(raw.get("serial")),
        broken_lock=_broken(raw.get("broken_lock")),
        hash=line.hash,
    )
    if line.event == BEGUN:
        return one
    after = _int(raw.get("serial_after"))
    return replace(one, ended=one.at, outcome=line.event, serial_after=after)


def _with_end(entry: Entry, line: Line) -> Entry:
    raw = line.values
    return replace(
        entry,
        lines=(*entry.lines, line.number),
        ended=str(raw.get("at", "")),
        outcome=str(raw.get("outcome", "")),
        counts=Counts(**{one.name: _int(_map(raw.get("counts")).get(one.name)) for one in fields(Counts)}),
        serial_after=_int(raw.get("serial_after")),
        hash=line.hash,
    )


def _begun(raw: Mapping[str, Any]) -> Begun:
    plan, given = _map(raw.get("plan")), raw.get("approvals")
    signed = [_map(one) for one in given] if isinstance(given, list) else []
    return Begun(
        str(plan.get("fingerprint", "")),
        str(plan.get("digest", "")),
        tuple(Signed(str(one.get("name", "")), str(one.get("key", ""))) for one in signed),
        str(raw.get("broken_freeze") or ""),
    )


def _actor(raw: object) -> Actor | None:
    found = _map(raw)
    return Actor(*(str(found.get(one.name, "")) for one in fields(Actor))) if found else None


def _broken(raw: object) -> BrokenLock | None:
    found = _map(raw)
    return BrokenLock(*(str(found.get(one.name, "")) for one in fields(BrokenLock))) if found else None


def _map(raw: object) -> Mapping[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _int(raw: object) -> int:
    return raw if type(raw) is int else 0


def breaks(log: AuditLog, kept: Mapping[str, Anchor]) -> list[Break]:
    """Return every place where the log is not what was written, in order.

    `kept` are anchors that other parts of the store keep: the name of that part -> the anchor.
    """
    numbers: dict[int, str] = {}
    out = [Break(None, one) for one in log.lost]
    out += _chain(log.lines, numbers)
    anchors = {**({"the end of the log": log.last} if log.last else {}), **kept}
    return [*out, *_unanchored(anchors, numbers)]


def has(log: AuditLog, anchor: Anchor) -> bool:
    """Say whether the log has this line, unaltered."""
    numbers: dict[int, str] = {}
    for _ in _chain(log.lines, numbers):
        pass
    return numbers.get(anchor.number) == anchor.hash


def _chain(lines: Sequence[str], numbers: dict[int, str]) -> Iterator[Break]:
    """Yield what is wrong with each line and its place; put number and hash of each into `numbers`."""
    last = Anchor(0, "")
    for place, text in enumerate(lines, 1):
        try:
            line = parse(text)
        except Unreadable as error:
            yield Break(place, f"it was altered: {error}")
            last = Anchor(last.number + 1, "")
            continue
        intact = is_intact(text, line)
        if not intact:
            yield Break(place, f"entry {line.number} was altered: its hash does not match its content")
        elif problem := _misplaced(line, last):
            yield Break(place, problem)
        numbers.setdefault(line.number, line.hash if intact else "")
        last = line.anchor


def _misplaced(line: Line, last: Anchor) -> str:
    if line.number > last.number + 1:
        gone = line.number - last.number - 1
        which = f"entry {last.number + 1}" if gone == 1 else f"entries {last.number + 1} to {line.number - 1}"
        return f"{which} {'is' if gone == 1 else 'are'} missing before entry {line.number}"
    if line.number <= last.number:
        return f"entry {line.number} is out of order: it comes after entry {last.number}"
    if line.previous != last.hash and last.hash:
        return f"entry {line.number} does not follow the entry before it: one of them was replaced"
    return ""


def _unanchored(anchors: Mapping[str, Anchor], numbers: Mapping[int, str]) -> Iterator[Break]:
    """Yield the anchors that the log does not have. Of several that are cut off, the last says it."""
    cut = [(one.number, who) for who, one in anchors.items() if one.number not in numbers]
    if cut:
        number, who = max(cut)
        there = max(numbers, default=0)
        if number > there:
            yield Break(None, f"it is cut off after entry {there}: {who} names entry {number}")
    for who, one in anchors.items():
        found = numbers.get(one.number)
        if found and found != one.hash:
            yield Break(None, f"entry {one.number} is not the one that {who} names: it was replaced")
