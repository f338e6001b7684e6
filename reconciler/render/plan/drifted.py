"""What a look for drift found, as a page: grouped and counted by what it means, what counts first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from reconciler.model.change import FieldChange, Op
from reconciler.model.drifting.item import DriftItem
from reconciler.model.drifting.report import DriftReport
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Plan
from reconciler.model.verdict.value import Verdict
from reconciler.render.plan.drift import drifted_field
from reconciler.render.plan.ignored import ignored_lines
from reconciler.render.plan.page import (
    deferred_lines,
    known_peers,
    moved_lines,
    read_lines,
    remark_lines,
    verdict_lines,
)
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, strong
from reconciler.render.text.peers import Peers

_MOST = 10  # parts of one object, or objects of a class that does not count, up to which all are shown

_TITLES = {
    DriftClass.CHANGED: "Changed outside reconciler since serial {serial} ({objects}, {parts})",
    DriftClass.REMOVED: "Removed outside reconciler since serial {serial} ({objects})",
    DriftClass.UNHEALTHY: "Unhealthy ({objects})",
    DriftClass.NOT_EFFECTIVE: "Declared, and not effective ({findings})",
    DriftClass.ADDITION: "Added by others to objects of this configuration ({parts} of {objects})",
    DriftClass.OBJECT: "Unmanaged objects beside those of this configuration ({objects})",
}
_MARKS = {
    DriftClass.CHANGED: Span("~", Tone.CHANGE),
    DriftClass.REMOVED: Span("-", Tone.REMOVE),
    DriftClass.UNHEALTHY: Span("!", Tone.REMOVE),
    DriftClass.NOT_EFFECTIVE: Span("!", Tone.WARN),
    DriftClass.ADDITION: Span("~", Tone.CHANGE),
    DriftClass.OBJECT: Span("?", Tone.WARN),
}


def drift_page(
    plan: Plan, report: DriftReport, verdict: Verdict, *, elapsed: float | None = None
) -> list[Line]:
    """Return the whole page. `elapsed` is seconds spent, where known."""
    out = [*read_lines(plan, elapsed), BLANK]
    peers = known_peers(plan)
    for kind, found in groupby(report.items, lambda item: item.kind):
        if kind is not DriftClass.UNDECIDED:
            out += [*_group(kind, list(found), plan, report, peers), BLANK]
    out += moved_lines(plan) + deferred_lines(plan.deferred)
    out += ignored_lines((*plan.ignored, *report.ignored)) + remark_lines(plan, unhealthy=False)
    return out + _conclusion(plan, report, verdict)


def _group(
    kind: DriftClass, items: Sequence[DriftItem], plan: Plan, report: DriftReport, peers: Peers
) -> list[Line]:
    objects = [list(found) for _, found in groupby(items, lambda item: item.address)]
    numbers = {
        "serial": plan.serial,
        "objects": count(len(objects), "object"),
        "parts": count(len(items), "part" if kind is DriftClass.ADDITION else "field"),
        "findings": count(len(items), "finding"),
    }
    counts = any(report.choice.counts(item) for item in items)
    title = _TITLES[kind].format(**numbers)
    out: list[Line] = [[strong(f"{title}:"), faint("" if counts else "   (does not count)")]]
    if items[0].who and kind is not DriftClass.UNHEALTHY:
        out.append(["  ", faint(items[0].who)])
    shown = objects if counts else objects[:_MOST]
    out += [line for found in shown for line in _object(kind, found, peers)]
    if len(shown) < len(objects):
        out.append(["  ", f"and {count(len(objects) - len(shown), 'object')} more (drift --json has all)"])
    return out


def _object(kind: DriftClass, items: Sequence[DriftItem], peers: Peers) -> list[Line]:
    first = items[0]
    head: Line = ["  ", _MARKS[kind], " ", str(first.address)]
    if kind is DriftClass.REMOVED:
        return [[*head, "   deleted"]]
    if kind in (DriftClass.CHANGED, DriftClass.ADDITION):
        return [[*head, *_versions(first)], *_parts(items, peers)]
    if kind is DriftClass.NOT_EFFECTIVE:
        return [head, *map(_finding, items)]
    return [line for item in items for line in ([*head, "   ", item.because], *_since(item))]


def _since(item: DriftItem) -> list[Line]:
    return [["      ", faint(item.who)]] if item.who else []


def _finding(item: DriftItem) -> Line:
    return ["      ", f"{item.because}   ", faint(f"[{item.rule}]")]


def _versions(item: DriftItem) -> list[Span]:
    """Return the versions of an object, where it was written since it was recorded."""
    if item.versions is None or item.versions[0] == item.versions[1]:
        return []
    return [faint(f"   (version {item.versions[0]} was recorded, now {item.versions[1]})")]


def _parts(items: Sequence[DriftItem], peers: Peers) -> list[Line]:
    shown = items if items[0].kind is DriftClass.CHANGED else items[:_MOST]
    out = [line for item in shown for line in drifted_field(item.address, _field(item), peers)]
    if len(shown) < len(items):
        out.append(["      ", f"and {len(items) - len(shown)} more (drift --json has all)"])
    return out


def _field(item: DriftItem) -> FieldChange:
    op = Op.ADD if item.old is None else Op.REMOVE if item.new is None else Op.CHANGE
    return FieldChange(item.path, op, item.old, item.new)


def _conclusion(plan: Plan, report: DriftReport, verdict: Verdict) -> list[Line]:
    """Return what was found in one sentence, and beside it what does not count."""
    first, *more = verdict_lines(plan, verdict)
    return [[*first, *_beside(report)], *more]


_WORDS = {
    DriftClass.CHANGED: "changed",
    DriftClass.REMOVED: "removed",
    DriftClass.UNHEALTHY: "unhealthy",
    DriftClass.NOT_EFFECTIVE: "not effective",
    DriftClass.ADDITION: "unmanaged addition+",
    DriftClass.OBJECT: "unmanaged object+",
    DriftClass.UNDECIDED: "not decided",
}


def _counted(number: int, words: str) -> str:
    return count(number, words[:-1]) if words.endswith("+") else f"{number} {words}"


def _beside(report: DriftReport) -> list[Span]:
    """Return what was found and does not count, and what a baseline has of it."""
    beside: dict[DriftClass, int] = {}
    for item in report.items:
        if not report.choice.counts(item):
            beside[item.kind] = beside.get(item.kind, 0) + 1
    words = [_counted(number, _WORDS[kind]) for kind, number in beside.items()]
    more = f"   Also, and not counted: {', '.join(words)}." if words else ""
    if report.choice.baseline is not None:
        more += f"   Known from the baseline: {report.known}; gone since then: {report.gone}."
    return [faint(more)] if more else []
