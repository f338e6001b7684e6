"""What differs and is ignored by a rule of the configuration: the footer of a page, and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from reconciler.model.ignoring.rules import Ignored
from reconciler.render.text.lines import BLANK, Line, count, faint
from reconciler.render.text.values import path_text
from reconciler.sdk.address import Address

Found = Sequence[tuple[Address, Ignored]]
_MOST = 4  # paths of one object and rule up to which all are named


def ignored_lines(found: Found) -> list[Line]:
    """Return the footer: each object with what is ignored of it, and why; empty where nothing is."""
    if not found:
        return []
    out: list[Line] = [[f"Ignored ({count(len(found), 'difference')}):"]]
    for (address, rule), items in groupby(found, lambda pair: (pair[0], _by(pair[1]))):
        out.append(["  ", str(address), "   ", _parts([item for _, item in items]), faint(f"   ({rule})")])
    return [*out, BLANK]


def _by(item: Ignored) -> str:
    until = f"until {item.until}" if item.until else ""
    place = str(item.at) if item.at is not None else ""
    return "; ".join(filter(None, (item.reason, until, place)))


def _parts(items: Sequence[Ignored]) -> str:
    named = [path_text(item.path) if item.path else item.kind.value for item in items]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    return ", ".join(named[:_MOST]) + more


def ignored_value(found: Found) -> list[dict[str, Any]]:
    """Return the key `ignored` of a plan document."""
    return [
        {
            "address": str(address),
            "path": list(item.path),
            "class": item.kind.value,
            "rule": item.rule,
            "reason": item.reason,
            "until": item.until,
            "at": str(item.at) if item.at is not None else "",
        }
        for address, item in found
    ]
