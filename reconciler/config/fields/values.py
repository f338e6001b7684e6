"""Which values servers refuse at a place of some type. They decode weakly: `"3"` is 3."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_WHOLE = re.compile(r"[-+]?(0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]*|0[bB][01_]+|[1-9][0-9_]*)?\Z")
_DECIMAL = re.compile(r"([-+]?([0-9][0-9_]*\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?)?\Z")
_FLAGS = frozenset({"1", "t", "T", "true", "TRUE", "True", "", "0", "f", "F", "false", "FALSE", "False"})
_DURATION = re.compile(r"[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)\Z")


def _number(value: Any) -> bool:
    return bool(_WHOLE.match(value)) if isinstance(value, str) else isinstance(value, int | float)


def _decimal(value: Any) -> bool:
    return bool(_DECIMAL.match(value)) if isinstance(value, str) else isinstance(value, int | float)


def _flag(value: Any) -> bool:
    return value in _FLAGS if isinstance(value, str) else isinstance(value, int | float)


def _duration(value: Any) -> bool:
    return bool(_DURATION.match(value)) if isinstance(value, str) else isinstance(value, int | float)


def _text(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _texts(value: Any) -> bool:
    return all(map(_text, value)) if isinstance(value, list) else _text(value)


def _numbers(value: Any) -> bool:
    return all(map(_number, value)) if isinstance(value, list) else _number(value)


def _map(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_mapped, value.values()))


def _mapped(value: Any) -> bool:
    """Say whether a value fits in a map: null is stored as an empty text, a list of one as its item."""
    return value is not None and _text(value[0] if isinstance(value, list) and len(value) == 1 else value)


def _opaque(value: Any) -> bool:
    return isinstance(value, dict)


_TAKEN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "string": ("text", _text),
    "bytes": ("text", _text),
    "int": ("a whole number", _number),
    "float32": ("a number", _decimal),
    "bool": ("true or false", _flag),
    "duration": ('a duration, as in "10s" or "1m30s"', _duration),
    "list of string": ("a list of texts", _texts),
    "list of int": ("a list of whole numbers", _numbers),
    "map": ("a mapping of texts (and of no nulls)", _map),
    "opaque": ("a mapping", _opaque),
}
_SINGLE = frozenset({"string", "bytes", "int", "float32", "bool", "duration", "map", "opaque"})


def refusal(type_: str, value: Any) -> str:
    """Return what a type takes at a place, where this value is not taken; empty where it is, or is not known
    to be refused.
    """
    taken = _TAKEN.get(type_)
    if taken is None or value is None:
        return ""
    if type_ in _SINGLE and isinstance(value, list):
        if not value and type_ in ("map", "opaque"):
            return ""
        value = value[0] if len(value) == 1 else value
    return "" if value is None or taken[1](value) else taken[0]
