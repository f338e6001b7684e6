"""Whether one request meets a condition on its path, method or headers; `None` where it is not known.

The semantics are Envoy's, which Consul hands the conditions to: a path without its query, regular expressions
on the whole value, names of headers in any letter case, and no match for a header that is absent, inverted or
not (except that it is asked whether it is there). What a masked value matches is not known, nor are the
headers that clients and proxies add of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.sdk.access.question import ANOTHER, Request
from reconciler.sdk.secrets.scrub import MASK
from reconciler_consul.graph.body import items, struct, text

Known = bool | None
_ADDED = re.compile(r"host|:scheme|x-request-id|x-forwarded-.+|x-envoy-.+")  # with every request


def all_of(found: Iterable[Known]) -> Known:
    """Return whether all hold: false where one does not, unknown where one is not known."""
    known = list(found)
    if False in known:
        return False
    return None if None in known else True


def full(pattern: str, value: str) -> Known:
    """Say whether a regular expression matches the whole value; `None` for one that Python cannot read."""
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return None


def path_only(path: str) -> str:
    """Return a path without its query and fragment."""
    return re.split(r"[?#]", path, maxsplit=1)[0]


def matches_path(http: Mapping[str, Any], path: str | None) -> Known:
    """Match the path conditions of a permission or a route; of several, servers take the first of exact,
    prefix and expression.
    """
    exact, prefix, regex = (text(http.get(name)) for name in ("PathExact", "PathPrefix", "PathRegex"))
    if not (exact or prefix or regex) or prefix == "/":
        return True
    if path is None or MASK in (exact, prefix, regex):
        return None
    if MASK in (exact, prefix, regex):
        return None
    bare = path_only(path)
    folds = bool(http.get("CaseInsensitive"))
    if folds:
        bare, exact, prefix = bare.lower(), exact.lower(), prefix.lower()
    if exact:
        return bare == exact
    if prefix:
        return bare.startswith(prefix)
    return full(f"(?i){regex}" if folds else regex, bare)


def matches_method(http: Mapping[str, Any], method: str | None) -> Known:
    """Match the list of methods, which servers keep in upper case; without one every method matches."""
    methods = http.get("Methods")
    if not isinstance(methods, list | tuple) or not methods:
        return True
    return None if method is None else method in [str(one).upper() for one in methods]


def matches_headers(http: Mapping[str, Any], request: Request) -> Known:
    """Match all header conditions."""
    return all_of(_matches_header(one, request) for one in items(http.get("Header")))


def _matches_header(condition: Mapping[str, Any], request: Request) -> Known:
    values = _values(text(condition.get("Name")).lower(), request)
    if values is None:
        return None
    joined = _holds(condition, ",".join(values) if values else None)
    if len(values) < 2:
        return joined
    alone = any(_holds(condition, value) for value in values)
    return joined if joined == alone else None  # Envoy's releases differ on them


def _values(name: str, request: Request) -> list[str] | None:
    """Return the values of a header, or of what proxies have as one; `None` where they are not known."""
    if name in (":method", ":path"):
        value = request.method if name == ":method" else request.path
        return None if value is None else [value]
    if request.headers is None:
        return None
    name = "host" if name == ":authority" else name  # one header, of which proxies have both names
    given = [value for key, value in request.headers.items() if key.lower() == name]
    found = [one for value in given for one in value.split(ANOTHER)]
    return None if not found and _ADDED.fullmatch(name) else found


def _holds(condition: Mapping[str, Any], value: str | None) -> Known:
    inverted = bool(condition.get("Invert"))
    matched = _compare(condition, value or "")
    if matched is _PRESENT:
        return (value is not None) != inverted
    if matched is _NOTHING:
        return True  # servers leave a condition that asks for nothing out
    if value is None:
        return False
    return None if matched is None else bool(matched) != inverted


_PRESENT, _NOTHING = object(), object()


def _compare(condition: Mapping[str, Any], value: str) -> Any:
    for name, compare in _COMPARISONS.items():
        wanted = text(condition.get(name))
        if wanted == MASK:
            return None
        if wanted:
            folds = bool(condition.get("IgnoreCase")) and name != "Regex"
            return compare(wanted.lower(), value.lower()) if folds else compare(wanted, value)
    return _PRESENT if condition.get("Present") else _NOTHING


_COMPARISONS: Mapping[str, Any] = {
    "Exact": lambda wanted, value: value == wanted,
    "Regex": full,
    "Prefix": lambda wanted, value: value.startswith(wanted),
    "Suffix": lambda wanted, value: value.endswith(wanted),
    "Contains": lambda wanted, value: wanted in value,
}


def matches_query(http: Mapping[str, Any], path: str | None) -> Known:
    """Match all conditions on parameters of the query."""
    conditions = items(http.get("QueryParam"))
    if not conditions:
        return True
    if path is None:
        return None
    given = _query(path)
    return all_of(_matches_parameter(one, given) for one in conditions)


def _query(path: str) -> dict[str, str]:
    query = path.partition("?")[2].partition("#")[0]
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        key, _, value = part.partition("=")
        found.setdefault(key, value)
    return found


def _matches_parameter(condition: Mapping[str, Any], given: Mapping[str, str]) -> Known:
    value = given.get(text(condition.get("Name")))
    exact, regex = text(condition.get("Exact")), text(condition.get("Regex"))
    if value is not None and MASK in (exact, regex):
        return None
    if exact:
        return value is not None and value == exact
    if regex:
        return value is not None and full(regex, value)
    return value is not None if condition.get("Present") else True


def matches(http: Any, request: Request) -> Known:
    """Match all conditions of a permission or a route; none at all match every request."""
    http = struct(http)
    if not http:
        return True
    return all_of(
        (
            matches_path(http, request.path),
            matches_method(http, request.method),
            matches_headers(http, request),
            matches_query(http, request.path),
        )
    )
