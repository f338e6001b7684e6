"""What a rebuilt state records, and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.model.change import Change
from reconciler.model.plan import Deferred
from reconciler.render.plan.actions import header
from reconciler.render.text.lines import BLANK, Line, Span, Tone, count, faint, strong
from reconciler.sdk.address import Address

FORMAT_VERSION = "1.0"


def rebuilt_lines(
    declared: Sequence[Address],
    undeclared: Sequence[Address],
    left: Sequence[Change],
    unknown: Sequence[Deferred],
    remarks: Sequence[str],
    *,
    known: int,
    serial: int,
) -> list[Line]:
    """Return what was recorded, what was not and why, and what to run next."""
    out: list[Line] = [[f"Recorded {address}"] for address in declared]
    out += [
        [f"Recorded {address}   ", faint("(carries this configuration's name, and is not declared)")]
        for address in undeclared
    ]
    out += _left(left, unknown)
    out += [[Span("Warning: ", Tone.WARN), text] for text in remarks]
    out += [BLANK] if out else []
    before = f", {known} were recorded before" if known else ""
    total = count(len(declared) + len(undeclared), "resource")
    out.append([strong(f"Recorded {total} in the state (serial {serial}){before}; no cluster was changed.")])
    again = "run this again once all can be read, then " if unknown else ""
    return [*out, [faint(f"What is left to do: {again}reconciler plan")]]


def _left(left: Sequence[Change], unknown: Sequence[Deferred]) -> list[Line]:
    out: list[Line] = []
    if left:
        out += [BLANK, ["Not there as declared, and left to a plan:"]]
    for change in left:
        out.append(header(change))
        out += [["      ", faint(note)] for note in change.notes]
    if unknown:
        out += [BLANK, ["Not read, and left alone:"]]
    return out + [["  ", str(item.address), "   ", faint(f"({item.because})")] for item in unknown]


def rebuilt_value(
    declared: Sequence[Address],
    undeclared: Sequence[Address],
    left: Sequence[Change],
    unknown: Sequence[Deferred],
    remarks: Sequence[str],
    *,
    known: int,
    serial: int,
    version: str,
) -> dict[str, Any]:
    """Return the same as JSON values."""
    return {
        "format_version": FORMAT_VERSION,
        "reconciler_version": version,
        "recorded": [str(address) for address in declared],
        "recorded_undeclared": [str(address) for address in undeclared],
        "left": [
            {
                "address": str(change.address),
                "action": change.action.value,
                "blocked": change.blocked.text if change.blocked else "",
            }
            for change in left
        ],
        "unknown": [{"address": str(item.address), "because": item.because} for item in unknown],
        "remarks": list(remarks),
        "known": known,
        "serial": serial,
    }
