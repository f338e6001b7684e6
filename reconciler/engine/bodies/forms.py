"""How servers write scalars back: Go durations, letter case, rounding, weak types."""

from __future__ import annotations

import base64
import math
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from reconciler.sdk.kinds import Form

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_FLAGS = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("", "0", "f", "F", "false", "FALSE", "False"), False),
}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_OCTAL = re.compile(r"^([-+]?0)(?=[0-9_])")
_WHOLE = re.compile(rf"^[-+]?(?:{_PART.pattern})+$")


def parse_duration(text: str) -> int | None:
    """Return the nanoseconds of a Go duration text such as `1m30s`, or `None` where it is not one.

    >>> parse_duration("1.5s")
    1500000000
    """
    if text == "0":
        return 0
    if not _WHOLE.match(text):
        return None
    total = sum(int(Decimal(number) * _UNITS[unit]) for number, unit in _PART.findall(text))
    return -total if text.startswith("-") else total


def format_duration(nanoseconds: int) -> str:
    """Return the text that Go's `time.Duration.String` gives: `90s` is `1m30s`, `1500ms` is `1.5s`."""
    if nanoseconds < 0:
        return "-" + format_duration(-nanoseconds)
    if nanoseconds < 10**9:
        return _short(nanoseconds)
    seconds, rest = divmod(nanoseconds, 10**9)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    text = _decimal(seconds * 10**9 + rest, 10**9) + "s"
    if hours or minutes:
        text = f"{minutes}m{text}"
    return f"{hours}h{text}" if hours else text


def _short(nanoseconds: int) -> str:
    if nanoseconds == 0:
        return "0s"
    for unit, size in (("ms", 10**6), ("µs", 10**3)):
        if nanoseconds >= size:
            return _decimal(nanoseconds, size) + unit
    return f"{nanoseconds}ns"


def _decimal(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


EXACT = 2**53  # beyond it, not every whole number is a 64-bit float


def as_float(value: Any) -> Any:
    """Return a whole number as a server holds it that reads all numbers as 64-bit floats; any other value as
    it is.

    >>> as_float(2**53 + 1), as_float(2**53 - 1)
    (9007199254740992, 9007199254740991)
    """
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or -EXACT <= value <= EXACT:
        return value
    try:
        return int(float(value))
    except OverflowError:
        return value


def _number_text(value: int | float) -> str:
    """Return the text that Go gives to a 64-bit float: all digits, no exponent (`1e21` is 1 and 21 zeros)."""
    if isinstance(value, int) and -EXACT <= value <= EXACT:
        return str(value)
    try:
        digits = format(Decimal(repr(float(value))), "f")
    except OverflowError:
        return str(value)
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _text_duration(value: Any) -> Any:
    nanoseconds = _nanoseconds(value)
    return format_duration(nanoseconds) if isinstance(nanoseconds, int) else value


def _nanoseconds(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    if isinstance(value, str):
        parsed = parse_duration(value)
        return value if parsed is None else parsed
    return as_float(value)


def _centi(value: Any) -> Any:
    number = _parsed(value, float)
    if isinstance(number, bool) or not isinstance(number, int | float):
        return value
    try:
        # Half of the last digit goes up or down as the nearest 32-bit float says: 50.005 becomes 50.01.
        rounded = math.floor(abs(_single(_single(number) * 100)) + 0.5) / 100
    except (OverflowError, ValueError, struct.error):  # beyond a 32-bit float, infinite, or no number
        return value
    return int(rounded) if rounded.is_integer() else rounded


def _single(number: float) -> float:
    packed: tuple[float] = struct.unpack("f", struct.pack("f", number))
    return packed[0]


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _weak_text(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return _number_text(value) if isinstance(value, int | float) else value


def _flag(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _FLAGS.get(value, value)
    return bool(value) if isinstance(value, int | float) else value


def _number(value: Any) -> Any:
    if isinstance(value, bool | float):
        return int(value) if math.isfinite(value) else value
    return _parsed(as_float(value), _whole)


def _natural(value: Any) -> Any:
    number = _number(value)
    return max(number, 0) if isinstance(number, int) else number


def _whole(text: str) -> int:
    """Return the number as Go reads it: digits after a plain zero are octal, and blanks are none of it."""
    if not text.isascii() or text.strip() != text:
        raise ValueError(text)
    return int(_OCTAL.sub(r"\1o", text), 0)


def _parsed(value: Any, parse: Callable[[str], float]) -> Any:
    """Return a text's number; anything else, and a text that is none, as it is."""
    if not isinstance(value, str):
        return value
    try:
        return parse(value or "0")
    except ValueError:
        return value


def from_base64(value: Any) -> Any:
    """Return the text of which a server shows the base64, so that writing it back does not encode it once
    more.
    """
    try:
        return base64.b64decode(value, validate=True).decode()
    except (TypeError, ValueError):
        return value


WRITERS: dict[Form, Callable[[Any], Any]] = {
    Form.TEXT_DURATION: _text_duration,
    Form.NANOSECONDS: _nanoseconds,
    Form.UPPER: _upper,
    Form.LOWER: _lower,
    Form.CENTI: _centi,
    Form.WEAK_TEXT: _weak_text,
    Form.FLAG: _flag,
    Form.NUMBER: _number,
    Form.NATURAL: _natural,
}
