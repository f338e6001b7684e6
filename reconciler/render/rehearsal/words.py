"""The words for fates and calls, the same in every form of output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.access import WorldSource
from reconciler.model.reaching.rehearsal import Fate, answerers, why
from reconciler.render.text.lines import Span, Tone
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.question import Service
from reconciler.sdk.access.rehearsal import Rehearsed

HEADS: Mapping[Fate, str] = {
    Fate.DIES: "Die",
    Fate.PARTLY: "Die in part",
    Fate.FAILS_OVER: "Fail over",
    Fate.CHANGES: "Change",
    Fate.REVIVES: "Get an answer that had none",
    Fate.DEAD_ALREADY: "Were dead already",
}
"""The fates that are listed, the heaviest first. Calls that go on as before are counted only."""
SIGNS: Mapping[Fate, Span] = {
    Fate.DIES: Span("-", Tone.REMOVE),
    Fate.PARTLY: Span("-", Tone.REMOVE),
    Fate.FAILS_OVER: Span("~", Tone.CHANGE),
    Fate.CHANGES: Span("~", Tone.CHANGE),
    Fate.REVIVES: Span("+", Tone.ADD),
    Fate.DEAD_ALREADY: Span("x", Tone.FAINT),
}
_COUNTED: Mapping[Fate, tuple[str, str]] = {
    Fate.DIES: ("dies", "die"),
    Fate.PARTLY: ("dies in part", "die in part"),
    Fate.FAILS_OVER: ("fails over", "fail over"),
    Fate.CHANGES: ("changes", "change"),
    Fate.REVIVES: ("gets an answer that had none", "get an answer that had none"),
    Fate.DEAD_ALREADY: ("was dead already", "were dead already"),
    Fate.GOES_ON: ("goes on as before", "go on as before"),
}
_SOURCES = {
    WorldSource.DECLARED: "as declared",
    WorldSource.LIVE: "on the live clusters",
    WorldSource.SNAPSHOT: "in the snapshot",
}


def where(source: WorldSource, file: str, taken_at: str) -> str:
    """Return the world for people: `in the snapshot out.json of 2026-01-01T00:00:00Z`."""
    words = " ".join(part for part in (_SOURCES.get(source, source.value), file) if part)
    return f"{words} of {taken_at}" if taken_at else words


def counted(counts: Mapping[Fate, int]) -> str:
    """Return `2 die, 1 fails over, 4 go on as before`."""
    found = (f"{counts[one]} {_COUNTED[one][counts[one] != 1]}" for one in _COUNTED if counts.get(one))
    return ", ".join(found) or "no call is concerned"


def details(call: Rehearsed, fate: Fate) -> str:
    """Return what becomes of a call: who answers instead, or why none does."""
    old, new = answerers(call.before), answerers(call.after)
    if fate is Fate.FAILS_OVER:
        return f"to {_names(new - old or new)} in place of {_names(old - new or old)}"
    if fate is Fate.PARTLY:
        return f"no answer of {_names(old - new)}: {_why(call.after)}".removesuffix(": mixed")
    if fate is Fate.REVIVES:
        return f"answered by {_names(new)}"
    if fate is Fate.CHANGES:
        return "; ".join(call.after.conditions) or call.after.decision.value
    return _why(call.before if fate is Fate.DEAD_ALREADY else call.after)


def _why(answer: Answer) -> str:
    reason = why(answer)
    return reason.text if reason is not None else answer.decision.value


def _names(services: Iterable[Service]) -> str:
    return " or ".join(sorted(map(str, services)))


def shown(call: Rehearsed) -> str:
    """Return `web@dc2 -> api@dc1`."""
    question = call.before.question
    return f"{question.caller} -> {question.to}"
