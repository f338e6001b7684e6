"""Compares an answer with a recorded one: a placeholder is bound once and keeps its value inside a group."""

from __future__ import annotations

import re
from typing import Any

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PLACEHOLDER = re.compile(
    r"<(uuid|token|index|addr):([A-Za-z0-9._]+)>"
    r"|<(index|int|hash|time|pem|port|version|root-token|fingerprint|key)>|<(hash|pems|time|dial)\?>"
)
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
FINGERPRINT = r"(?:[0-9a-f]{2}:){19,31}[0-9a-f]{2}"
PATTERNS = {
    "fingerprint": FINGERPRINT,
    "key": r"-----BEGIN EC PRIVATE KEY-----[\s\S]+-----END EC PRIVATE KEY-----\s*",
    "uuid": UUID,
    "token": r"[A-Za-z0-9+/=]+",
    "time": TIME,
    "pem": r"-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*",
    "hash": r"\S+",
    "port": r"\d+",
    "version": r"\S+",
    "dial": r"(dial tcp \S+: connect: connection refused)?",
}
OPTIONAL = ("<hash?>", "<pems?>")
SETS = ("ImportedServices", "ExportedServices")


class Mismatch(Exception):
    """The answer differs; the text says where and how."""


class Bindings:
    """What placeholders stand for: equal names are equal values, different names are different values."""

    def __init__(self, addresses: dict[str, str], root_token: str) -> None:
        self.addresses = addresses
        self.root_token = root_token
        self.values: dict[tuple[str, str], Any] = {}

    def copy(self) -> Bindings:
        other = Bindings(self.addresses, self.root_token)
        other.values = dict(self.values)
        return other

    def bind(self, kind: str, name: str, value: Any, where: str) -> None:
        known = self.values.setdefault((kind, name), value)
        if known != value:
            raise Mismatch(f"{where}: {kind} {name} was {known!r}, now {value!r}")
        family = name.rstrip("0123456789") if kind == "index" else ""
        for (other_kind, other), taken in self.values.items():
            same_family = kind != "index" or other.rstrip("0123456789") == family
            if other_kind == kind and other != name and same_family and taken == value:
                raise Mismatch(f"{where}: {kind} {name} has the value of {kind} {other}: {value!r}")


def match(expected: Any, actual: Any, bound: Bindings, where: str = "$") -> None:
    """Raise Mismatch unless `actual` is what was recorded."""
    if isinstance(expected, dict):
        _match_object(expected, actual, bound, where)
    elif isinstance(expected, list):
        _match_list(expected, actual, bound, where)
    elif isinstance(expected, str):
        _match_text(expected, actual, bound, where)
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        raise Mismatch(f"{where}: expected {expected!r}, got {actual!r}")


def _match_object(expected: dict[str, Any], actual: Any, bound: Bindings, where: str) -> None:
    if not isinstance(actual, dict):
        raise Mismatch(f"{where}: expected an object, got {actual!r}")
    needed = {key for key, value in expected.items() if not (isinstance(value, str) and value in OPTIONAL)}
    missing, extra = needed - actual.keys(), actual.keys() - expected.keys()
    if missing or extra:
        raise Mismatch(f"{where}: missing {sorted(missing)}, unexpected {sorted(extra)}")
    for key in actual:
        if key in SETS and isinstance(expected[key], list) and isinstance(actual[key], list):
            match(sorted(expected[key]), sorted(actual[key]), bound, f"{where}.{key}")
        else:
            match(expected[key], actual[key], bound, f"{where}.{key}")


def _match_list(expected: list[Any], actual: Any, bound: Bindings, where: str) -> None:
    if not isinstance(actual, list) or len(actual) != len(expected):
        raise Mismatch(f"{where}: expected {len(expected)} items, got {actual!r}")
    for place, (one, other) in enumerate(zip(expected, actual, strict=True)):
        match(one, other, bound, f"{where}[{place}]")


def _match_text(expected: str, actual: Any, bound: Bindings, where: str) -> None:
    whole = PLACEHOLDER.fullmatch(expected)
    if whole and not isinstance(actual, str):
        _match_whole(whole, actual, bound, where)
        return
    if not isinstance(actual, str):
        raise Mismatch(f"{where}: expected {expected!r}, got {actual!r}")
    found = re.fullmatch(_pattern(expected, bound), actual.rstrip(), re.S)
    if found is None:
        raise Mismatch(f"{where}: expected {expected!r}, got {actual!r}")
    for number, part in enumerate(PLACEHOLDER.finditer(expected)):
        if part.group(1) in ("uuid", "token"):
            bound.bind(part.group(1), part.group(2), found.group(f"p{number}"), where)


def _pattern(expected: str, bound: Bindings) -> str:
    expected = expected.rstrip()
    out, position = "", 0
    for number, part in enumerate(PLACEHOLDER.finditer(expected)):
        out += re.escape(expected[position : part.start()])
        out += f"(?P<p{number}>{_part(part, bound)})"
        position = part.end()
    return out + re.escape(expected[position:])


def _part(part: re.Match[str], bound: Bindings) -> str:
    kind = part.group(1) or part.group(3) or part.group(4)
    if kind == "addr":
        return re.escape(bound.addresses[part.group(2)])
    if kind == "root-token":
        return re.escape(bound.root_token)
    return PATTERNS.get(kind, "(?!)")


def _match_whole(part: re.Match[str], actual: Any, bound: Bindings, where: str) -> None:
    kind = part.group(1) or part.group(3) or part.group(4)
    number = isinstance(actual, int) and not isinstance(actual, bool)
    if kind == "index" and number:
        if part.group(2):
            bound.bind("index", part.group(2), actual, where)
    elif kind == "pems" and isinstance(actual, list):
        for pem in actual:
            match("<pem>", pem, bound, where)
    elif not ((kind in ("int", "hash") and number) or (kind == "time" and part.group(4) and actual is None)):
        raise Mismatch(f"{where}: expected {part.group(0)}, got {actual!r}")
