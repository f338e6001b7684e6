"""Answers as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.model.access import AccessResult
from reconciler.render.access.words import destination, dialed
from reconciler.sdk.access.answer import Answer, Reason, Share
from reconciler.sdk.access.question import Service

FORMAT_VERSION = 1


def access_value(result: AccessResult) -> dict[str, Any]:
    """Return the JSON document of `access --json`."""
    return {
        "format_version": FORMAT_VERSION,
        "source": result.source.value,
        "access": [_answer(result, answer) for answer in result.answers],
        "unknown": dict(result.unknown),
    }


def _answer(result: AccessResult, answer: Answer) -> dict[str, Any]:
    return {
        "from": str(answer.question.caller),
        "to": _name(destination(answer)),
        "upstream": dialed(answer),
        "decision": answer.decision.value,
        "answered_by": _name(answer.answered_by),
        "denied_at": _name(answer.denied_at),
        "because": _because(result, answer.because),
        "conditions": list(answer.conditions),
        "shares": [_share(result, share) for share in answer.shares],
        "gateways": list(answer.gateways),
    }


def _share(result: AccessResult, share: Share) -> dict[str, Any]:
    return {
        "percent": share.percent,
        "decision": share.decision.value,
        "answered_by": _name(share.answered_by),
        "denied_at": _name(share.denied_at),
        "because": _because(result, share.because),
    }


def _because(result: AccessResult, because: Sequence[Reason]) -> list[dict[str, Any]]:
    return [
        {"step": one.step, "verdict": one.verdict.value, "text": one.text, "at": result.at(one)}
        for one in because
    ]


def _name(service: Service | None) -> str | None:
    return None if service is None else str(service)
