"""Answers as one self-contained HTML page: a matrix of callers and destinations, folded by cluster."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from reconciler.model.access import AccessResult
from reconciler.render.access.words import TONES, counts, counts_words, dialed, share_words, source_words
from reconciler.render.text.html_page import asset, html_page, text
from reconciler.render.text.lines import count
from reconciler.render.text.unknown import by_reason
from reconciler.sdk.access.answer import Answer, Decision, Origin, Reason
from reconciler.sdk.access.question import Service
from reconciler.sdk.text import escaped

_ORDER: Mapping[Decision, int] = {decision: number for number, decision in enumerate(TONES)}
_SIGNS = {"allowed": "✓", "mixed": "◐", "depends": "?", "denied": "✕", "unreachable": "–"}
_DIALED = "(dialed)"  # in place of a cluster: what is asked is an upstream


class Table:
    """Values without repetition, each with its number: a page of many pairs has few different reasons."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}

    def number(self, value: Hashable) -> int:
        """Return the number of a value, a new one where it is new."""
        return self.numbers.setdefault(value, len(self.numbers))

    def values(self) -> list[Any]:
        """Return the values, each at its number."""
        return list(self.numbers)


class Data:
    """What the page's script reads."""

    def __init__(self, result: AccessResult) -> None:
        self.result = result
        self.texts, self.reasons, self.chains, self.answers = Table(), Table(), Table(), Table()
        self.places: dict[Origin, int] = {}

    def value(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        callers = _axis(one.question.caller for one in self.result.answers)
        to = _axis(_target(one) for one in self.result.answers)
        cells = self._cells(callers, to)
        return {
            "callers": list(callers.values()),
            "to": list(to.values()),
            "cells": cells,
            "answers": [_named(*value) for value in self.answers.values()],
            "chains": self.chains.values(),
            "reasons": self.reasons.values(),
            "texts": self.texts.values(),
        }

    def _cells(self, callers: Mapping[Service, Any], to: Mapping[Service, Any]) -> list[list[int]]:
        """Return the numbers of the answers, by caller and destination; -1 where none was asked for."""
        rows = {service: number for number, service in enumerate(callers)}
        columns = {service: number for number, service in enumerate(to)}
        cells = [[-1] * len(to) for _ in callers]
        for answer in self.result.answers:
            cells[rows[answer.question.caller]][columns[_target(answer)]] = self._answer(answer)
        return cells

    def _answer(self, answer: Answer) -> int:
        by = answer.answered_by or answer.denied_at
        shares = tuple((escaped(share_words(one)), self._chain(one.because)) for one in answer.shares)
        return self.answers.number(
            (
                _ORDER[answer.decision],
                self._chain(answer.because),
                escaped(str(by)) if by is not None and by != answer.question.to else "",
                tuple(map(escaped, answer.conditions)),
                tuple(map(escaped, answer.gateways)),
                shares,
            )
        )

    def _chain(self, because: Sequence[Reason]) -> int:
        return self.chains.number(tuple([self._reason(reason) for reason in because]))

    def _reason(self, reason: Reason) -> int:
        said = self.texts.number(escaped(reason.text))
        return self.reasons.number((reason.step, reason.verdict.value, said, self._place(reason)))

    def _place(self, reason: Reason) -> int:
        if reason.origin is None:
            return -1
        if reason.origin not in self.places:
            self.places[reason.origin] = self.texts.number(escaped(self.result.at(reason) or ""))
        return self.places[reason.origin]


def _named(
    decision: int, chain: int, by: str, conditions: Any, gateways: Any, shares: Sequence[tuple[str, int]]
) -> dict[str, Any]:
    """Return an answer as the script reads it, without what it does not have."""
    listed = [{"text": words, "chain": number} for words, number in shares]
    more = {"by": by, "conditions": conditions, "gateways": gateways, "shares": listed}
    return {"d": decision, "chain": chain, **{key: value for key, value in more.items() if value}}


def _axis(services: Iterable[Service]) -> dict[Service, list[str]]:
    """Return services in order, each with its name and its cluster as they are shown."""
    return {
        one: [escaped(str(one).removesuffix(f"@{one.cluster}")), escaped(one.cluster)]
        for one in sorted(set(services), key=lambda one: (one.cluster, one.namespace or "", one.name))
    }


def access_page(result: AccessResult) -> str:
    """Return the page."""
    return html_page(
        f"Access {source_words(result)}",
        body=_body(result),
        styles=[asset("reconciler.render.text", "page.css"), asset(__package__, "page.css")],
        script=asset(__package__, "page.js"),
        data=Data(result).value(),
    )


def _body(result: AccessResult) -> str:
    said = f"{count(len(result.answers), 'pair')}: {counts_words(result.answers)}"
    unknown = "".join(
        f'<div class="depends">Not known of {text(names)}: {text(why)}</div>'
        for names, why in by_reason(result.unknown)
    )
    return (
        f"<header><h1>Who can call whom</h1><span>{text(source_words(result))}</span>"
        f'<span class="faint">{text(said)}</span>{unknown}</header>\n'
        f'<div class="tools">{_search("from", "callers", "caller")}{_search("to", "targets", "destination")}'
        f'{_boxes(result)}<button id="unfold">Unfold all</button><button id="fold">Fold all</button></div>\n'
        '<main><div id="matrix"><noscript><p>This page draws its matrix with JavaScript. '
        "<code>reconciler access --csv</code> prints the same answers.</p></noscript></div>\n"
        '<aside id="details"><p class="faint">A number such as 3/12 says that 3 of 12 pairs may be answered. '
        '<span class="hint">Click a cell for the reasons. Arrow keys move the selection.</span></p></aside>'
        "</main>"
    )


def _search(word: str, name: str, what: str) -> str:
    return f'<label>{word} <input type="search" id="{name}" placeholder="{what} or cluster"></label>'


def _boxes(result: AccessResult) -> str:
    found = counts(result.answers)
    return "".join(
        f'<label class="entry"><input type="checkbox" checked data-decision="{one.value}">'
        f'<span class="key {one.value}">{_SIGNS[one.value]}</span>{one.value}</label>'
        for one in found
    )


def _target(answer: Answer) -> Service:
    return answer.question.to or Service(_DIALED, dialed(answer) or "")
