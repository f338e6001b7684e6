"""Rules as text: a list of all, or the page of one; and as JSON values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reconciler.render.text.lines import BLANK, Line, faint, strong

if TYPE_CHECKING:
    from reconciler.config.rules.catalogue.record import Rule

_FOUND = {
    "validate": "found by validate",
    "plan": "found by plan and validate --online",
    "online": "found by validate --online",
    "both": "found by validate, plan and validate --online",
}


def rule_list_lines(rules: Sequence[Rule]) -> list[Line]:
    """Return one line for each rule."""
    wide = max((len(rule.id) for rule in rules), default=0)
    severe = max((len(rule.severity) for rule in rules), default=0)
    return [
        [strong(f"{rule.id:{wide}}"), "  ", faint(f"{rule.severity:{severe}}"), "  ", rule.title]
        for rule in rules
    ]


def rule_lines(rule: Rule) -> list[Line]:
    """Return the page of one rule."""
    out: list[Line] = [
        [strong(rule.id), f": {rule.title}"],
        [faint(f"{rule.severity}, {_FOUND[rule.found]}")],
    ]
    for title, text in (("", rule.what), ("Why", rule.why), ("What to do", rule.fix)):
        out += [BLANK, *([[strong(title)]] if title else []), *_text(text)]
    if rule.seen:
        out += [BLANK, [faint(rule.seen)]]
    return out


def _text(text: str) -> Iterator[Line]:
    """Yield the lines of a text without the marks of code."""
    yield from (["  ", line.replace("`", "")] for line in text.split("\n"))


def rules_value(rules: Sequence[Rule]) -> dict[str, Any]:
    """Return rules as a JSON value."""
    return {"format_version": "1.0", "rules": [_value(rule) for rule in rules]}


def _value(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity,
        "group": rule.group,
        "found": rule.found,
        "optional": rule.optional or rule.severity == "warning",
        "what": rule.what,
        "why": rule.why,
        "fix": rule.fix,
        "seen": rule.seen,
    }
