"""Conditions on requests in words, as `GET /v1/*`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler_consul.graph.body import items, struct, text

ANYTHING = "any request"
_ORDER = ("Exact", "Regex", "Prefix", "Suffix", "Contains")
_SIGNS = {"Exact": "=", "Regex": "~", "Prefix": "starts with", "Suffix": "ends with", "Contains": "contains"}


def shown(http: Any) -> str:
    """Return the conditions of a permission or a route for people: `GET /v1/* with header x-team = a`."""
    http = struct(http)
    if not http:
        return ANYTHING
    methods = http.get("Methods")
    method = ",".join(map(str, methods)) if isinstance(methods, list | tuple) else ""
    start = " ".join(part for part in (method, _path(http)) if part)
    more = " and ".join(_more(http))
    return " with ".join(part for part in (start, more) if part) or ANYTHING


def _path(http: Mapping[str, Any]) -> str:
    exact, prefix, regex = (text(http.get(name)) for name in ("PathExact", "PathPrefix", "PathRegex"))
    found = exact or (f"{prefix}*" if prefix else "") or (f"path ~ {regex}" if regex else "")
    return f"{found} in any letter case" if found and http.get("CaseInsensitive") else found


def _more(http: Mapping[str, Any]) -> Iterator[str]:
    for header in items(http.get("Header")):
        yield f"header {_comparison(header)}"
    for parameter in items(http.get("QueryParam")):
        yield f"query parameter {_comparison(parameter)}"


def _comparison(condition: Mapping[str, Any]) -> str:
    name = text(condition.get("Name"))
    kind = next((kind for kind in _ORDER if condition.get(kind)), "")
    negated = "not " if condition.get("Invert") else ""
    return f"{negated}{name} {_SIGNS[kind]} {condition[kind]}" if kind else f"{negated}{name}"


def listed(names: list[str]) -> str:
    """Return a list for people: `a, b and c`."""
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
