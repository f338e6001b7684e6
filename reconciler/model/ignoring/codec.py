"""Ignore rules, and what they ignore, as JSON values of plan files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from reconciler.model.diagnostic import Position
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.ignoring.rules import Ignored, IgnoreRule


def encode_rule(rule: IgnoreRule) -> dict[str, Any]:
    """Return a rule as JSON values."""
    return {
        "addresses": list(rule.addresses),
        "fields": [list(path) for path in rule.fields],
        "classes": sorted(kind.value for kind in rule.classes),
        "reason": rule.reason,
        "until": rule.until.isoformat() if rule.until is not None else None,
        "at": _place(rule.origin),
    }


def decode_rule(value: Mapping[str, Any]) -> IgnoreRule:
    """Return a rule from JSON values. Raises `KeyError`, `TypeError` or `ValueError` where it is none."""
    return IgnoreRule(
        tuple(value["addresses"]),
        tuple(tuple(path) for path in value["fields"]),
        frozenset(DriftClass(word) for word in value["classes"]),
        value["reason"],
        date.fromisoformat(value["until"]) if value["until"] is not None else None,
        _position(value["at"]),
    )


def encode_ignored(item: Ignored) -> dict[str, Any]:
    """Return an ignored difference as JSON values."""
    return {
        "path": list(item.path),
        "class": item.kind.value,
        "rule": item.rule,
        "reason": item.reason,
        "until": item.until,
        "at": _place(item.at),
    }


def decode_ignored(value: Mapping[str, Any]) -> Ignored:
    """Return an ignored difference from JSON values. Raises `KeyError`, `TypeError` or `ValueError`."""
    kind, at = DriftClass(value["class"]), _position(value["at"])
    return Ignored(tuple(value["path"]), kind, value["rule"], value["reason"], value["until"], at)


def _place(position: Position | None) -> list[Any] | None:
    return [position.file, position.line, position.column] if position is not None else None


def _position(value: list[Any] | None) -> Position | None:
    return Position(*value) if value is not None else None
