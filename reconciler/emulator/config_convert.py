"""Weakly typed input to single values, as mapstructure converts it: "3" is 3, one item is a list of one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from .durations import parse_duration


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


def _mismatch(path: str, wanted: str, item: Any) -> ValueError:
    return ValueError(
        f"'{path}' expected type '{wanted}', got unconvertible type '{_go_type(item)}', value: '{item}'"
    )


def _go_type(item: Any) -> str:
    names: dict[type, str] = {dict: "map[string]interface {}", list: "[]interface {}"}
    return names.get(type(item), go_kind(item))


def _unwrap(item: Any) -> Any:
    return item[0] if isinstance(item, list) and len(item) == 1 else item


def _text(item: Any, path: str) -> str:
    item = _unwrap(item)
    if isinstance(item, str):
        return item
    if isinstance(item, bool):
        return "1" if item else "0"
    if isinstance(item, (int, float)):
        return str(int(item)) if float(item).is_integer() else repr(item)
    raise _mismatch(path, "string", item)


def _bytes(item: Any, path: str) -> str:
    """Consul takes the characters of a text for the bytes, also where they are base64 already."""
    return b64encode(_text(item, path).encode()).decode()


def _number(item: Any, path: str) -> int:
    item = _unwrap(item)
    if isinstance(item, str):
        try:
            return int(item or "0", 0)
        except ValueError:
            raise ValueError(
                f"cannot parse '{path}' as int: strconv.ParseInt: parsing \"{item}\": invalid syntax"
            ) from None
    if isinstance(item, (bool, int, float)):
        return int(item)
    raise _mismatch(path, "int", item)


def _flag(item: Any, path: str) -> bool:
    item = _unwrap(item)
    if isinstance(item, str):
        if item in ("1", "t", "T", "true", "TRUE", "True"):
            return True
        if item in ("", "0", "f", "F", "false", "FALSE", "False"):
            return False
        raise ValueError(
            f"cannot parse '{path}' as bool: strconv.ParseBool: parsing \"{item}\": invalid syntax"
        )
    if isinstance(item, (bool, int, float)):
        return bool(item)
    raise _mismatch(path, "bool", item)


def _decimal(item: Any, path: str) -> float:
    item = _unwrap(item)
    if isinstance(item, str):
        try:
            return float(item or "0")
        except ValueError:
            raise ValueError(
                f"cannot parse '{path}' as float: strconv.ParseFloat: parsing \"{item}\": invalid syntax"
            ) from None
    if isinstance(item, (bool, int, float)):
        return float(item)
    raise _mismatch(path, "float32", item)


def _duration(item: Any, path: str) -> int:
    item = _unwrap(item)
    if isinstance(item, str):
        try:
            return parse_duration(item)
        except ValueError as error:
            raise ValueError(f"error decoding '{path}': {error}") from None
    return _number(item, path)


def _strings(item: Any, path: str) -> list[str]:
    if item == "":
        return []
    items = item if isinstance(item, list) else [item]
    return [_text(part, f"{path}[{place}]") for place, part in enumerate(items)]


def _numbers(item: Any, path: str) -> list[int]:
    items = item if isinstance(item, list) else [item]
    return [_number(part, f"{path}[{place}]") for place, part in enumerate(items)]


def _text_map(item: Any, path: str) -> dict[str, str]:
    item = _unwrap(item)
    if not isinstance(item, dict):
        raise ValueError(f"'{path}' expected a map, got '{go_kind(item)}'")
    return {key: _text(part, f"{path}[{key}]") for key, part in item.items() if part is not None}


def _opaque(item: Any, path: str) -> dict[str, Any]:
    """Consul unwraps one-element lists at the top level of an opaque map (its HCL hook cannot know)."""
    item = _unwrap(item)
    if not isinstance(item, dict):
        raise ValueError(f"'{path}' expected a map, got '{go_kind(item)}'")
    return {key: _unwrap(part) for key, part in item.items()}


CONVERT: dict[str, Callable[[Any, str], Any]] = {
    "str": _text,
    "int": _number,
    "bool": _flag,
    "float": _decimal,
    "dur": _duration,
    "ns": _duration,
    "strs": _strings,
    "ints": _numbers,
    "bytes": _bytes,
    "map": _text_map,
    "any": _opaque,
}
