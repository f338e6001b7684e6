"""Weakly typed input as Consul's decoder sees it: lists of one unwrapped, Go's names and texts of values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


class Panicked(Exception):
    """The request panics in the server: the connection is dropped, nothing is stored, the server lives."""


class NeverAnswers(Exception):
    """The server computes longer than anybody waits."""


def go_kind(item: Any) -> str:
    """Return Go's name of a JSON value's kind."""
    names: dict[type, str] = {
        str: "string",
        bool: "bool",
        int: "float64",
        float: "float64",
        list: "slice",
        dict: "map",
    }
    return names.get(type(item), "nil")


def go_type(item: Any) -> str:
    """Return Go's name of a JSON value's type."""
    names: dict[type, str] = {dict: "map[string]interface {}", list: "[]interface {}"}
    return names.get(type(item), go_kind(item))


def go_value(item: Any) -> str:
    """Return what Go's %v prints for a JSON value."""
    if item is None:
        return "<nil>"
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, list):
        return f"[{' '.join(go_value(part) for part in item)}]"
    if isinstance(item, dict):
        parts = (f"{key}:{go_value(item[key])}" for key in sorted(item, key=str.encode))
        return f"map[{' '.join(parts)}]"
    return item if isinstance(item, str) else _short(float(item))


def _short(number: float) -> str:
    """Return Go's shortest text of a float64: with an exponent below 1e-4 and from 1e6 on."""
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    if not number or not isinstance(exponent, int):
        return "-0" if sign else "0"
    point = len(digits) + exponent - 1
    if -4 <= point < 6:
        return plain_number(number)
    text = "".join(map(str, digits)).rstrip("0") or "0"
    mantissa = text[0] + (f".{text[1:]}" if len(text) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if point < 0 else '+'}{abs(point):02d}"


def plain_number(number: float) -> str:
    """Return Go's shortest text of a float64 without an exponent."""
    text = format(Decimal(repr(float(number))), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text or "0"


def unwrapped(item: Any, times: int = 1) -> Any:
    """Return the item of a list of one, as often as Consul looks (twice before a pointer).

    Raises Panicked where that item is null.
    """
    for _ in range(times):
        if isinstance(item, list) and len(item) == 1:
            item = item[0]
            if item is None:
                raise Panicked
    return item


def opaque(item: Any) -> Any:
    """Return one value of an opaque map: a list of one is unwrapped, and then those of the maps within."""
    found = unwrapped(item)
    return _inner(found) if found is not item else item


def _inner(item: Any) -> Any:
    if isinstance(item, list):
        return [_inner(part) for part in item]
    if not isinstance(item, dict):
        return item
    return {key: _inner(part[0]) if _is_one(part) else _inner(part) for key, part in item.items()}


def _is_one(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 1
