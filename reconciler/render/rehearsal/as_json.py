"""Rehearsals as JSON."""

from __future__ import annotations

from typing import Any

from reconciler.model.reaching.rehearsal import Fate, Moment, Rehearsal, Spell, Staged, answerers, fate, why
from reconciler.render.rehearsal.grouping import counts
from reconciler.sdk.access.rehearsal import Rehearsed

FORMAT_VERSION = 1


def value_of(result: Rehearsal | Staged) -> dict[str, Any]:
    """Return the JSON document of `rehearse --json`."""
    return rehearsal_value(result) if isinstance(result, Rehearsal) else staged_value(result)


def rehearsal_value(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return the JSON document of `rehearse --json`."""
    return {
        "format_version": FORMAT_VERSION,
        "source": rehearsal.source.value,
        "without": list(rehearsal.lost),
        "calls": [_call(one) for one in rehearsal.calls],
        "counts": {one.value: number for one, number in sorted(counts(rehearsal).items(), key=_word)},
        "unknown": dict(rehearsal.unknown),
        "cautions": list(rehearsal.cautions),
    }


def _word(item: tuple[Any, int]) -> str:
    return str(item[0].value)


def _call(call: Rehearsed) -> dict[str, Any]:
    found = fate(call.before, call.after)
    reason = why(call.before if found is Fate.DEAD_ALREADY else call.after)
    return {
        **_pair(call),
        "fate": found.value,
        "before": _answer(call, after=False),
        "after": _answer(call, after=True),
        "reason": None if reason is None else reason.text,
    }


def _pair(call: Rehearsed) -> dict[str, Any]:
    question = call.before.question
    return {"from": str(question.caller), "to": str(question.to)}


def _answer(call: Rehearsed, *, after: bool) -> dict[str, Any]:
    answer = call.after if after else call.before
    return {
        "decision": answer.decision.value,
        "answered_by": sorted(map(str, answerers(answer))),
        "conditions": list(answer.conditions),
    }


def staged_value(staged: Staged) -> dict[str, Any]:
    """Return the JSON document of `rehearse --plan FILE --json`."""
    return {
        "format_version": FORMAT_VERSION,
        "source": staged.source.value,
        "taken_to_run": staged.taken_to_run,
        "steps": [_moment(one) for one in staged.moments],
        "for_a_while": [_spell(one) for one in staged.spells],
        "unknown": dict(staged.unknown),
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {
        "index": moment.index,
        "address": str(moment.address),
        "what": moment.what,
        "closes": [_pair(one) for one in moment.closes],
        "opens": [_pair(one) for one in moment.opens],
        "changes": [_pair(one) for one in moment.changes],
    }


def _spell(spell: Spell) -> dict[str, Any]:
    return {
        "from": str(spell.caller),
        "to": str(spell.to),
        "effect": "cut" if spell.cut else "open",
        "since": spell.since.index,
        "until": spell.until.index,
        "reason": None if spell.reason is None else spell.reason.text,
    }
