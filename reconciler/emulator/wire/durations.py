"""Go's durations: "1m30s" to nanoseconds and back, in Go's canonical form and with Go's error texts."""

from __future__ import annotations

import re

UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
LARGEST = 2**63 - 1
PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([^\d.]*)")


def parse_duration(text: str) -> int:
    """Return nanoseconds; raises ValueError with Go's text."""
    body = text.lstrip("+-") if text[:1] in "+-" and text else text
    if body == "0":
        return 0
    if not body:
        raise _invalid(text)
    total, position = 0, 0
    while position < len(body):
        found = PART.match(body, position)
        if found is None:
            raise _invalid(text)
        total += _part(found.group(1), found.group(2), text)
        position = found.end()
    if total > LARGEST:
        raise _invalid(text)
    return -total if text.startswith("-") else total


def _invalid(text: str) -> ValueError:
    return ValueError(f"time: invalid duration {_quoted(text)}")


def _quoted(text: str) -> str:
    """Return what Go's time package puts between quotes: bytes that are no printable ASCII in hexadecimal."""
    return '"' + "".join(_shown(letter) for letter in text) + '"'


def _shown(letter: str) -> str:
    if letter < " " or letter >= "\x80":
        return "".join(f"\\x{byte:02x}" for byte in letter.encode())
    return f"\\{letter}" if letter in '"\\' else letter


def _part(number: str, unit: str, text: str) -> int:
    if int(number.partition(".")[0] or 0) > LARGEST + 1:
        raise _invalid(text)
    if not unit:
        raise ValueError(f"time: missing unit in duration {_quoted(text)}")
    if unit not in UNITS:
        raise ValueError(f"time: unknown unit {_quoted(unit)} in duration {_quoted(text)}")
    whole, _, fraction = number.partition(".")
    scale = UNITS[unit]
    value = int(whole or 0) * scale
    if fraction:
        value += int(fraction) * scale // 10 ** len(fraction)
    return value


def format_duration(nanoseconds: int) -> str:
    """Return Go's text of a duration: 90 s is "1m30s", 1 500 ms is "1.5s"."""
    if nanoseconds == 0:
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if rest < UNITS["s"]:
        return sign + _small(rest)
    hours, rest = divmod(rest, UNITS["h"])
    minutes, rest = divmod(rest, UNITS["m"])
    text = f"{_decimal(rest, UNITS['s'])}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _small(rest: int) -> str:
    for unit in ("ms", "µs"):
        if rest >= UNITS[unit]:
            return _decimal(rest, UNITS[unit]) + unit
    return f"{rest}ns"


def _decimal(value: int, scale: int) -> str:
    whole, fraction = divmod(value, scale)
    if not fraction:
        return str(whole)
    return f"{whole}.{str(fraction).zfill(len(str(scale)) - 1).rstrip('0')}"
