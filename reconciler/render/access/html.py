"""Answers as one self-contained HTML page: a matrix of callers and destinations, folded by cluster."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from reconciler.model.access import AccessResult
from reconciler.render.access.words import TONES, counts, counts_words, share_words, source_words, target
from reconciler.render.text.html_page import asset, html_page, text
from reconciler.render.text.lines import count
from reconciler.sdk.access.answer import Answer, Decision, Reason
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
        self.shown: list[dict[str, Any]] = []

    def value(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        callers = sorted({_place(str(one.question.caller)) for one in self.result.answers})
        to = sorted({_target(one) for one in self.result.answers})
        cells = self._cells(callers, to)
        return {
            "callers": [[name, cluster] for cluster, name in callers],
            "to": [[name, cluster] for cluster, name in to],
            "cells": cells,
            "answers": self.shown,
            "chains": self.chains.values(),
            "reasons": self.reasons.values(),
            "texts": self.texts.values(),
        }

    def _cells(self, callers: Sequence[tuple[str, str]], to: Sequence[tuple[str, str]]) -> list[list[int]]:
        """Return the numbers of the answers, by caller and destination; -1 where none was asked for."""
        rows = {place: number for number, place in enumerate(callers)}
        columns = {place: number for number, place in enumerate(to)}
        cells = [[-1] * len(to) for _ in callers]
        for answer in self.result.answers:
            row = cells[rows[_place(str(answer.question.caller))]]
            row[columns[_target(answer)]] = self._answer(answer)
        return cells

    def _answer(self, answer: Answer) -> int:
        value = self._shown(answer)
        number = self.answers.number(repr(value))
        if number == len(self.shown):
            self.shown.append(value)
        return number

    def _shown(self, answer: Answer) -> dict[str, Any]:
        value: dict[str, Any] = {"d": _ORDER[answer.decision], "chain": self._chain(answer.because)}
        by = answer.answered_by or answer.denied_at
        if by is not None and by != answer.question.to:
            value["by"] = escaped(str(by))
        shares = [
            {"text": escaped(share_words(one)), "chain": self._chain(one.because)} for one in answer.shares
        ]
        lists = {"conditions": _texts(answer.conditions), "gateways": _texts(answer.gateways), "shares": shares}
        return value | {key: found for key, found in lists.items() if found}

    def _chain(self, because: Sequence[Reason]) -> int:
        return self.chains.number(tuple(map(self._reason, because)))

    def _reason(self, reason: Reason) -> int:
        at = self.result.at(reason)
        place = -1 if at is None else self.texts.number(escaped(at))
        said = self.texts.number(escaped(reason.text))
        return self.reasons.number((reason.step, reason.verdict.value, said, place))


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
        f'<div class="depends">Not known of {text(name)}: {text(why)}</div>'
        for name, why in sorted(result.unknown.items())
    )
    return (
        f"<header><h1>Who can call whom</h1><span>{text(source_words(result))}</span>"
        f'<span class="faint">{text(said)}</span>{unknown}</header>\n'
        f'<div class="tools"><label>from <input type="search" id="callers" placeholder="caller or cluster"></label>'
        f'<label>to <input type="search" id="targets" placeholder="destination or cluster"></label>'
        f'{_boxes(result)}<button id="unfold">Unfold all</button><button id="fold">Fold all</button></div>\n'
        '<main><div id="matrix"><noscript><p>This page draws its matrix with JavaScript. '
        "<code>reconciler access --csv</code> prints the same answers.</p></noscript></div>\n"
        '<aside id="details"><p class="faint">Click a cell for the reasons. A number such as 3/12 says that 3 of 12 '
        "pairs may be answered. Arrow keys move the selection.</p></aside></main>"
    )


def _boxes(result: AccessResult) -> str:
    found = counts(result.answers)
    return "".join(
        f'<label><input type="checkbox" checked data-decision="{one.value}">'
        f'<span class="key {one.value}">{_SIGNS[one.value]}</span>{one.value}</label>'
        for one in found
    )


def _place(service: str) -> tuple[str, str]:
    name, _, cluster = escaped(service).rpartition("@")
    return cluster, name


def _target(answer: Answer) -> tuple[str, str]:
    if answer.question.to is None:
        return _DIALED, escaped(target(answer))
    return _place(str(answer.question.to))


def _texts(texts: Sequence[str]) -> list[str]:
    return [escaped(one) for one in texts]
