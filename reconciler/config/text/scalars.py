"""YAML 1.2 core schema: what a plain scalar means. `no` is text, `010` is ten, dates are text."""

from __future__ import annotations

import re

_WORDS: dict[str, object] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_FIRST = frozenset("+-.0123456789")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_UNUSABLE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_MAX_DIGITS = 25
_LARGEST = 2**63  # what JSON readers and Consul (Go int64) hold
EXACT = 2**53  # beyond it, 64-bit floats do not distinguish every whole number from the next


class NotANumber(ValueError):
    """The text has the form of a number that cannot be held: too large, infinite, or no number."""


def plain(text: str) -> object:
    """Return the value of an unquoted scalar: text, int, float, bool or None. Raises `NotANumber`."""
    if text[:1] not in _FIRST:
        return _WORDS.get(text, text)
    return _number(text) if text else None


def _number(text: str) -> object:
    if _INT.match(text):
        return _integer(text, 10)
    if _OCTAL.match(text):
        return _integer(text[2:], 8)
    if _HEX.match(text):
        return _integer(text[2:], 16)
    if _FLOAT.match(text):
        return _float(text)
    if _UNUSABLE.match(text):
        raise NotANumber(f"{text} is not a number that JSON can carry")
    return text


def _integer(text: str, base: int) -> int:
    digits = text.lstrip("+-").lstrip("0")
    if len(digits) > _MAX_DIGITS:
        raise NotANumber("the number is too large (64 bits at most)")
    value = int(text, base)
    if not -_LARGEST <= value < _LARGEST:
        raise NotANumber("the number is too large (64 bits at most)")
    return value


def _float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotANumber("the number is too large")
    return value
