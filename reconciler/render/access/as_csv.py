"""Answers as CSV, one line a pair, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from reconciler.model.access import AccessResult
from reconciler.render.access.words import deciding, destination, dialed, share_words
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.text import escaped

COLUMNS = (
    "from", "to", "upstream", "decision", "answered_by", "denied_at", "conditions", "shares", "reason", "at",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes a cell for a formula by


def access_csv(result: AccessResult) -> str:
    """Return a header and one line for each answer (RFC 4180, but lines end with a newline alone)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_safe(cell) for cell in _cells(result, answer)] for answer in result.answers)
    return out.getvalue()


def _cells(result: AccessResult, answer: Answer) -> Sequence[str]:
    reason = deciding(answer)
    return (
        str(answer.question.caller),
        str(destination(answer) or ""),
        dialed(answer) or "",
        answer.decision.value,
        str(answer.answered_by or ""),
        str(answer.denied_at or ""),
        "; ".join(answer.conditions),
        "; ".join(map(share_words, answer.shares)),
        reason.text if reason is not None else "",
        (result.at(reason) if reason is not None else None) or "",
    )


def _safe(cell: str) -> str:
    """Return a cell that a spreadsheet does not run and a terminal does not obey."""
    return escaped(f"'{cell}" if cell.startswith(_FORMULA) else cell)
