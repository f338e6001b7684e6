"""Rules for conditions on HTTP requests, alike in intentions and routes (live, Consul 1.20)."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.config.fields.lookup import get, maps
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

PATHS = ("PathExact", "PathPrefix", "PathRegex")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"})
_HEADER_TESTS = ("Present", "Exact", "Prefix", "Suffix", "Contains", "Regex")
_QUERY_TESTS = ("Present", "Exact", "Regex")


def condition_problems(http: object, place: Place) -> Iterator[Diagnostic]:
    """Report problems of the conditions in `http`, at `place`."""
    yield from _paths(http, place)
    yield from _methods(get(http, "Methods"), place)
    yield from _tests(get(http, "Header"), "header", _HEADER_TESTS, place)
    yield from _tests(get(http, "QueryParam"), "query parameter", _QUERY_TESTS, place)


def _paths(http: object, place: Place) -> Iterator[Diagnostic]:
    paths = [name for name in PATHS if get(http, name)]
    if len(paths) > 1:
        summary = "only one of path_exact, path_prefix and path_regex can be given"
        yield place.problem("bad-value", summary, "write one rule for each")
    for name in paths:
        text = get(http, name)
        if name != "PathRegex" and isinstance(text, str) and not text.startswith("/"):
            yield place.problem("bad-value", f'the path "{text}" does not begin with /', f"write /{text}")


def _methods(methods: object, place: Place) -> Iterator[Diagnostic]:
    names = [str(method).upper() for method in methods] if isinstance(methods, list) else []
    if len(set(names)) != len(names):
        yield place.problem("bad-value", "a method is listed twice", "remove one")
    for name in sorted(set(names) - METHODS):
        yield place.problem(
            "bad-value", f'"{name}" is not an HTTP method', f"known: {', '.join(sorted(METHODS))}"
        )


def _tests(conditions: object, what: str, tests: tuple[str, ...], place: Place) -> Iterator[Diagnostic]:
    for _, condition in maps(conditions):
        given = [test for test in tests if get(condition, test)]
        if len(given) != 1:
            summary = f'the {what} "{get(condition, "Name")}" has {len(given) or "no"} tests; it needs one'
            yield place.problem("bad-value", summary, f"one of {', '.join(test.lower() for test in tests)}")
