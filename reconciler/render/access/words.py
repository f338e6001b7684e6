"""The words and tones of decisions and verdicts, and short texts that every form of output has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from reconciler.model.access import AccessResult, WorldSource
from reconciler.render.text.lines import Tone, count
from reconciler.sdk.access.answer import Answer, Decision, Reason, Share, Verdict
from reconciler.sdk.access.question import Service

TONES: Mapping[Decision, Tone] = {
    Decision.ALLOWED: Tone.ADD,
    Decision.MIXED: Tone.CHANGE,
    Decision.DEPENDS: Tone.CHANGE,
    Decision.DENIED: Tone.REMOVE,
    Decision.UNREACHABLE: Tone.REMOVE,
}
"""Tones by decision, in the order in which decisions are listed."""
MARKS: Mapping[Verdict, str] = {
    Verdict.OK: "ok",
    Verdict.STOP: "no",
    Verdict.UNKNOWN: "?",
    Verdict.NOT_REACHED: "--",
}
_SOURCES: Mapping[WorldSource, str] = {
    WorldSource.DECLARED: "as declared",
    WorldSource.LIVE: "on the live clusters",
    WorldSource.PLAN: "after the plan",
    WorldSource.SNAPSHOT: "in the snapshot",
}


def source_words(result: AccessResult) -> str:
    """Return which world was asked: `as declared`, `in the snapshot out.json of 2026-01-01T00:00:00Z`."""
    return world_words(result.source, result.file, result.taken_at)


def world_words(source: WorldSource, file: str, taken_at: str) -> str:
    """Return the same of a world, its file and when it was read."""
    words = " ".join(part for part in (_SOURCES[source], file) if part)
    return f"{words} of {taken_at}" if taken_at else words


def destination(answer: Answer) -> Service | None:
    """Return the destination that was asked about, else the service that the request arrives at."""
    return answer.question.to or answer.answered_by or answer.denied_at


def dialed(answer: Answer) -> str | None:
    """Return the upstream that was asked about: `api`, `api@dc1`; `None` where a destination was."""
    upstream = answer.question.upstream
    if upstream is None:
        return None
    scoped = upstream.name if upstream.namespace is None else f"{upstream.namespace}/{upstream.name}"
    return scoped if upstream.peer is None else f"{scoped}@{upstream.peer}"


def target(answer: Answer) -> str:
    """Return where a request goes, for people: the destination and what is dialed, or one of them."""
    found, upstream = answer.question.to, dialed(answer)
    if found is None:
        return f"upstream {upstream}"
    return str(found) if upstream is None else f"{found}, dialed as {upstream}"


def arrival(answer: Answer) -> Service | None:
    """Return the service that a request arrives at; where that is not known, what was asked about."""
    return answer.answered_by or answer.denied_at or answer.question.to


def elsewhere(answer: Answer) -> str:
    """Return that what is dialed leads elsewhere than to what was asked about; empty where it does not."""
    to, there = answer.question.to, arrival(answer)
    if answer.question.upstream is None or to is None or there == to:
        return ""
    return f"arrives at {there}, not at {to}"


def deciding(answer: Answer | Share) -> Reason | None:
    """Return the reason that decides: the stop, else what is not known, else the last one reached."""
    for verdict in (Verdict.STOP, Verdict.UNKNOWN, Verdict.OK):
        found = [reason for reason in answer.because if reason.verdict is verdict]
        if found:
            return found[-1] if verdict is Verdict.OK else found[0]
    return None


def share_words(share: Share) -> str:
    """Return a share in words: `90 % allowed by api@dc1`."""
    at = share.answered_by or share.denied_at
    where = "" if at is None else f" ({at})" if share.decision is Decision.DEPENDS else f" by {at}"
    return f"{share.percent:g} % {share.decision.value}{where}"


def details(answer: Answer) -> tuple[str, ...]:
    """Return what an answer depends on or is made of, in words, and that it is of another destination."""
    other = elsewhere(answer)
    return (*((other,) if other else ()), *answer.conditions, *map(share_words, answer.shares))


def counts(answers: Iterable[Answer]) -> Mapping[Decision, int]:
    """Return how many answers have each decision that occurs, in the order in which they are listed."""
    found = Counter(answer.decision for answer in answers)
    return {decision: found[decision] for decision in TONES if found[decision]}


def counts_words(answers: Iterable[Answer]) -> str:
    """Return the counts in words: `12 allowed, 1 mixed, 3 depend`."""
    found = counts(answers)
    return ", ".join(f"{number} {_counted(one, number)}" for one, number in found.items()) or "none"


def _counted(decision: Decision, number: int) -> str:
    return "depend" if decision is Decision.DEPENDS and number > 1 else decision.value


def apart_words(number: int) -> str:
    """Return what is said of selected pairs without an answer."""
    return f"{count(number, 'pair')} more: no peering connects their clusters"
