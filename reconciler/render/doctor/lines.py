"""Findings as text: what is wrong, what was seen, why it is so, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.access import WorldSource
from reconciler.model.reaching.checkup import Checkup
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, strong
from reconciler.render.text.unknown import by_reason
from reconciler.sdk.access.diagnosis import Diagnosis, Severity

_LISTED = 5  # consequences of a finding that have a line
_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARN}


def checkup_lines(checkup: Checkup) -> list[Line]:
    """Return the findings, the worst first; the counts last."""
    out: list[Line] = []
    for one in checkup.findings:
        out += [*_finding(checkup, one), BLANK]
    said = {text for one in checkup.findings for text in one.evidence}
    for clusters, why in by_reason({name: why for name, why in checkup.unknown.items() if why not in said}):
        out.append([Span("Not known: ", Tone.WARN), f"{clusters}: {why}"])
    return [*out, summary(checkup)]


def _finding(checkup: Checkup, one: Diagnosis) -> Iterator[Line]:
    yield [
        Span(f"{one.severity.value}: ", _TONES[one.severity]),
        strong(one.message),
        faint(f"  [{one.rule}]"),
    ]
    place = checkup.at(one)
    rows = [("at", place)] if place else []
    rows += [("seen", text) for text in one.evidence]
    rows += [("so", text) for text in _consequences(one)]
    rows += [("cause", one.cause), ("next", one.next)]
    for head, text in rows:
        if text:
            yield [f"    {head:5}  ", str(text)]


def _consequences(one: Diagnosis) -> Iterator[str]:
    """Yield what follows from a finding; of much that is alike a few, and how many more."""
    for other in one.consequences[:_LISTED]:
        yield f"{other.message}  [{other.rule}]"
    if len(one.consequences) > _LISTED:
        yield f"and {len(one.consequences) - _LISTED} more"


def summary(checkup: Checkup) -> Line:
    """Return `2 errors, 1 warning on 3 clusters`, or that nothing was found."""
    about = f" about {', '.join(checkup.selected)}" if checkup.selected else ""
    where = f"{count(len(checkup.clusters), 'cluster')} {_world(checkup)}".rstrip()
    if not checkup.findings:
        more = f" ({checkup.passed} about others)" if checkup.passed else ""
        known = " in what could be read" if checkup.unknown else ""
        return [f"Nothing wrong was found{about}{known}: {where}{more}."]
    found = [
        count(checkup.count(severity), severity.value) for severity in Severity if checkup.count(severity)
    ]
    return [f"{', '.join(found)}{about}: {where}."]


def _world(checkup: Checkup) -> str:
    when = f" of {checkup.taken_at}" if checkup.taken_at else ""
    return f"in the snapshot {checkup.file}{when}" if checkup.source is WorldSource.SNAPSHOT else ""
