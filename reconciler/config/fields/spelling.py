"""One field written in two spellings, as `ConnectTimeout` and `connect_timeout`.

Live on 1.14 to 1.22: where one of the two is Consul's own name the server answers 400 `invalid config key
"connecttimeout"`, naming what is not in the file; of two other spellings it takes one and says nothing.
"""

from __future__ import annotations

from typing import Any

from reconciler.config.fields.lookup import plain, repeated
from reconciler.config.text.document import Place, Step
from reconciler.model.diagnostic import Diagnostic

Path = tuple[Step, ...]
Found = tuple[Path, str, str]  # where, and the two keys

# Maps with keys of the user's own: of values that are no fields, and of objects that have fields.
FREE = frozenset({"meta", "legacymeta", "config", "arguments", "add", "set"})
NAMED = frozenset({"subsets", "failover"})


def twice_spelled(entry: Any, place: Place) -> list[Diagnostic]:
    """Return every field of a raw entry, however deep, that is written more than once in one object."""
    found: list[Found] = []
    _walk(entry, (), found)
    return [_problem(place.inner(*path), first, again) for path, first, again in found]


def _walk(value: Any, path: Path, found: list[Found]) -> None:
    if isinstance(value, dict):
        for first, again in repeated(value):
            found.append((path, first, again))
        for key, item in value.items():
            if isinstance(item, dict | list):  # few are
                _below(plain(key), item, (*path, key), found)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _walk(item, (*path, number), found)


def _below(name: str, value: Any, path: Path, found: list[Found]) -> None:
    if name in NAMED and isinstance(value, dict):
        for key, item in value.items():
            _walk(item, (*path, key), found)
    elif name not in FREE:
        _walk(value, path, found)


def _problem(place: Place, first: str, again: str) -> Diagnostic:
    summary = f'"{again}" is the same field as "{first}"'
    related = ((place.key(first).position, "first written here"),)
    hint = "remove one: Consul refuses both, or takes either"
    return place.key(again).problem("duplicate-key", summary, hint, related=related)
