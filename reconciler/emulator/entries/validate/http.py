"""HTTP matching rules that routes and intention permissions share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.emulator.wire.messages import Refusal

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE")
HEADER_PARTS = ("Present", "Exact", "Regex", "Prefix", "Suffix", "Contains")


def count_set(value: dict[str, Any], *names: str) -> int:
    """Return how many of the named fields are set."""
    return sum(1 for name in names if value.get(name))


def check_paths(where: str, joint: str, http: dict[str, Any]) -> None:
    """Refuse a path without a leading slash, and more than one path."""
    for name in ("PathExact", "PathPrefix"):
        path = http.get(name, "")
        if path and not path.startswith("/"):
            raise Refusal(500, f"{where}{joint}{name} doesn't start with '/': \"{path}\"")
    if count_set(http, "PathExact", "PathPrefix", "PathRegex") > 1:
        raise Refusal(500, f"{where} should only contain at most one of PathExact, PathPrefix, or PathRegex")


def check_header(where: str, header: dict[str, Any], parts: str = "Suffix") -> None:
    """Refuse a header match without a name or without exactly one condition."""
    if not header.get("Name"):
        raise Refusal(500, f"{where} missing required Name field")
    if count_set(header, *HEADER_PARTS) != 1:
        raise Refusal(500, f"{where} should only contain one of Present, Exact, Prefix, {parts}, or Regex")


def check_methods(where: str, methods: Iterable[str]) -> None:
    """Refuse unknown and repeated methods."""
    seen = set()
    for method in methods:
        if method not in METHODS:
            raise Refusal(500, f'{where}Methods contains an invalid method "{method}"')
        if method in seen:
            raise Refusal(500, f'{where}Methods contains "{method}" more than once')
        seen.add(method)
