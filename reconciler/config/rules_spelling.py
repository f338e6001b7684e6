"""One field written in two spellings, as `ConnectTimeout` and `connect_timeout`.

Live on 1.14 and 1.20: where one of the two is Consul's own name the server answers 400 `invalid config key
"connecttimeout"`, naming what nobody wrote; of two other spellings it takes one and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.config.document import Place
from reconciler.config.fields import plain, repeated
from reconciler.model.diagnostic import Diagnostic

# Maps with keys of the user's own: of values that are nobody's fields, and of objects that have fields.
FREE = frozenset({"meta", "legacymeta", "config", "arguments", "add", "set"})
NAMED = frozenset({"subsets", "failover"})


def twice_spelled(entry: Any, place: Place) -> Iterator[Diagnostic]:
    """Every field of a raw entry, however deep, that is written more than once in one object."""
    if isinstance(entry, dict):
        for first, again in repeated(entry):
            yield _problem(place, first, again)
        for key, value in entry.items():
            if isinstance(value, dict | list):  # few are, and a place costs something
                yield from _below(plain(key), value, place.inner(key))
    elif isinstance(entry, list):
        for number, item in enumerate(entry):
            yield from twice_spelled(item, place.inner(number))


def _below(name: str, value: Any, place: Place) -> Iterator[Diagnostic]:
    if name in NAMED and isinstance(value, dict):
        for key, item in value.items():
            yield from twice_spelled(item, place.inner(key))
    elif name not in FREE:
        yield from twice_spelled(value, place)


def _problem(place: Place, first: str, again: str) -> Diagnostic:
    summary = f'"{again}" is the same field as "{first}"'
    related = ((place.key(first).position, "first written here"),)
    hint = "remove one: Consul refuses both, or takes either"
    return place.key(again).problem("duplicate-key", summary, hint, related=related)
