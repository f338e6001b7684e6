"""Weakly typed input to single values, as mapstructure converts it: "3" is 3, one item is a list of one.

Every converter takes the item (never null), its path and Go's name of the wanted type, and raises ValueError
with Go's text. Go's conversions of numbers that do not fit are those of amd64.
"""

from __future__ import annotations

import re
import struct
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from reconciler.emulator.forms.weak import go_type, go_value, opaque, plain_number
from reconciler.emulator.wire.durations import parse_duration

UNSIGNED = {"uint32": 32, "uint64": 64, "uint8": 8}
GO_INT = re.compile(r"[+-]?(0[xX](_?[0-9a-fA-F])+|0[bB](_?[01])+|0[oO]?(_?[0-7])+|[1-9](_?[0-9])*|0)")


def mismatch(path: str, wanted: str, item: Any) -> ValueError:
    """Return the error of a value that cannot become the wanted type."""
    return ValueError(
        f"'{path}' expected type '{wanted}', got unconvertible type '{go_type(item)}', "
        f"value: '{go_value(item)}'"
    )


def _text(item: Any, path: str, wanted: str) -> str:
    if isinstance(item, str):
        return item
    if isinstance(item, bool):
        return "1" if item else "0"
    if isinstance(item, (int, float)):
        return plain_number(item)
    raise mismatch(path, wanted, item)


def _bytes(item: Any, path: str, wanted: str) -> str:
    """Return the bytes of a text as Consul does: it takes the characters for bytes, also where they are
    base64 already.
    """
    if isinstance(item, str):
        return b64encode(item.encode()).decode()
    parts = item if isinstance(item, list) else [item] if item != {} else []
    return b64encode(
        bytes(_number(part or 0, f"{path}[{place}]", "uint8") for place, part in enumerate(parts))
    ).decode()


def _number(item: Any, path: str, wanted: str) -> int:
    if isinstance(item, str):
        return _parsed(item or "0", path, wanted)
    if isinstance(item, (bool, int, float)):
        return _whole(float(item), wanted)
    raise mismatch(path, wanted, item)


def _parsed(text: str, path: str, wanted: str) -> int:
    word, name = ("uint", "ParseUint") if wanted in UNSIGNED else ("int", "ParseInt")
    problem = "invalid syntax"
    if GO_INT.fullmatch(text) and not (word == "uint" and text[0] in "+-"):
        number = int(_pythonic(text), 0)
        if _fits(number, wanted):
            return number
        problem = "value out of range"
    raise ValueError(f"cannot parse '{path}' as {word}: strconv.{name}: parsing {_quoted(text)}: {problem}")


def _pythonic(text: str) -> str:
    """Return a Go number in Python's spelling: 017 is 0o17."""
    sign, body = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    return sign + (f"0o{body[1:].lstrip('_')}" if re.fullmatch(r"0[_0-7]+", body) else body)


def _fits(number: int, wanted: str) -> bool:
    bits = UNSIGNED.get(wanted)
    return 0 <= number < 2**bits if bits else -(2**63) <= number < 2**63


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    names = {"\x00": "\\x00", "\x07": "\\a", "\n": "\\n", "\x7f": "\\x7f", "\u2028": "\\u2028", "\t": "\\t"}
    return '"' + "".join(names.get(letter, letter) for letter in escaped) + '"'


def _whole(number: float, wanted: str) -> int:
    whole = int(number)
    bits = UNSIGNED.get(wanted)
    if bits is None:
        return whole if -(2**63) <= whole < 2**63 else -(2**63)
    inside = whole if -(2**63) <= whole < 2**64 else 2**63
    return int(inside % 2**bits)


def _flag(item: Any, path: str, wanted: str) -> bool:
    if isinstance(item, str):
        if item in ("1", "t", "T", "true", "TRUE", "True"):
            return True
        if item in ("", "0", "f", "F", "false", "FALSE", "False"):
            return False
        raise ValueError(
            f"cannot parse '{path}' as bool: strconv.ParseBool: parsing {_quoted(item)}: invalid syntax"
        )
    if isinstance(item, (bool, int, float)):
        return bool(item)
    raise mismatch(path, wanted, item)


def _decimal(item: Any, path: str, wanted: str) -> float:
    if isinstance(item, str):
        return single(_float(item or "0", path))
    if isinstance(item, (bool, int, float)):
        return single(float(item))
    raise mismatch(path, wanted, item)


def _float(text: str, path: str) -> float:
    problem = "invalid syntax"
    if text == text.strip() and text.isascii():
        try:
            number: float | None = _hexadecimal(text) if "x" in text.lower() else float(text)
        except ValueError:
            number = None
        if number is not None:
            if abs(number) < 3.5e38 or not any(letter.isdigit() for letter in text):
                return number
            problem = "value out of range"
    raise ValueError(
        f"cannot parse '{path}' as float: strconv.ParseFloat: parsing {_quoted(text)}: {problem}"
    )


def _hexadecimal(text: str) -> float:
    if "p" not in text.lower():
        raise ValueError("Go wants an exponent")
    return float.fromhex(text)


def single(number: float) -> float:
    """Return what a float32 holds; beyond it, infinity."""
    try:
        return float(struct.unpack("f", struct.pack("f", number))[0])
    except OverflowError:
        return float("inf") if number > 0 else float("-inf")


def _duration(item: Any, path: str, wanted: str) -> int:
    if isinstance(item, str):
        try:
            return parse_duration(item)
        except ValueError as error:
            raise ValueError(f"error decoding '{path}': {error}") from None
    return _number(item, path, wanted)


Convert = Callable[[Any, str, str], Any]
SCALARS: dict[str, Convert] = {
    "str": _text,
    "int": _number,
    "bool": _flag,
    "float": _decimal,
    "dur": _duration,
    "ns": _duration,
}
LISTS = {"strs": "str", "ints": "int"}
to_bytes = _bytes
to_opaque = opaque
