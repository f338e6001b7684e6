"""Fields of raw entries, held against what servers know: names, types, and values of enumerations.

Servers refuse an unknown field with 400 and a wrong value with 500, in the middle of an apply; a few fields
they take and drop without a word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from reconciler.config.fields.known import NEWEST, Shape, Version, shape_of
from reconciler.config.fields.lookup import get, plain
from reconciler.config.fields.spelling import twice_spelled
from reconciler.config.fields.values import refusal
from reconciler.config.language.check import describe
from reconciler.config.text.document import Place, Step
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.dataclass import dataclass

Path = tuple[Step, ...]

# Fields that Consul looks for elsewhere, or that another rule explains better (empty).
_ELSEWHERE = {
    ("proxy-defaults", "protocol"): "the protocol of all services is a setting below Config",
    ("service-splitter", "peer"): "",
    ("service-router", "peer"): "",
    ("mesh", "name"): "",
}

_DURATIONS_ELSEWHERE = ("service-resolver", "service-router")  # their own rules report durations


@dataclass(frozen=True, slots=True)
class Servers:
    """The clusters that an entry is for, as far as their versions are declared."""

    names: tuple[str, ...]
    versions: tuple[Version | None, ...]

    @property
    def are_newer(self) -> bool:
        """Whether all of them are newer than what is known here."""
        return bool(self.versions) and all(v is not None and v > NEWEST for v in self.versions)

    def check(self, since: Version | None) -> bool:
        """Say whether one of them may refuse what is refused since a version."""
        return since is None or any(version is None or version >= since for version in self.versions)

    def hint(self) -> str:
        """Return what to do where the servers are newer than this table."""
        return f"newer than Consul {'.'.join(map(str, NEWEST))}? set clusters.{self.names[0]}.version"


def field_problems(kind: str, entry: Mapping[str, Any], place: Place, servers: Servers) -> list[Diagnostic]:
    """Return every field of a raw entry that servers do not know or drop, and every value that they
    refuse.
    """
    shape = shape_of(kind)
    if shape is None:
        return twice_spelled(entry, place)
    found: list[tuple[Path, Shape, str]] = []
    _object(shape, entry, (), found)
    if not found:
        return []
    again = twice_spelled(entry, place) if any(what == "twice" for _, _, what in found) else []
    return [*again, *_problems(kind, found, entry, place, servers)]


def _value(shape: Shape, value: Any, path: Path, found: list[tuple[Path, Shape, str]]) -> None:
    if shape.type == "list of struct":
        items = value if isinstance(value, list) else [value]
        for number, item in enumerate(items):
            _struct(shape, item, (*path, number) if items is value else path, found)
    elif shape.item is not None:
        if isinstance(value, dict):
            for key, item in value.items():
                _struct(shape.item, item, (*path, key), found)
        elif value not in (None, []):
            found.append((path, shape, "type"))
    elif shape.type == "struct":
        _struct(shape, value, path, found)
    elif refusal(shape.type, value):
        found.append((path, shape, "type"))


def _struct(shape: Shape, value: Any, path: Path, found: list[tuple[Path, Shape, str]]) -> None:
    if isinstance(value, list) and len(value) == 1:
        value, path = value[0], (*path, 0)
    if isinstance(value, dict):
        _object(shape, value, path, found)
    elif value is not None:
        found.append((path, shape, "type"))


def _object(shape: Shape, value: Mapping[str, Any], path: Path, found: list[tuple[Path, Shape, str]]) -> None:
    below = shape.below
    if not below:
        return
    keys = tuple(value)
    if keys not in shape.good:
        unknown = [key for key in keys if key.lower() not in below or below[key.lower()].type == "dropped"]
        found.extend(((*path, key), shape, "name") for key in unknown)
        if len({plain(key) for key in keys}) < len(keys):
            found.append((path, shape, "twice"))
        elif not unknown:
            shape.good.add(keys)
    for key, item in value.items():
        if type(item) is not str or not item:
            known = below.get(key) or below.get(key.lower())
            if known is not None and item is not None and known.type != "dropped":
                _value(known, item, (*path, key), found)
        elif (known := below.get(key.lower())) is not None and known.type not in ("string", "any", "dropped"):
            _value(known, item, (*path, key), found)
    for choice in shape.chosen:
        text = value.get(choice.name) or get(value, choice.name)
        if text and isinstance(text, str) and _written(choice, text) not in choice.choices:
            found.append(((*path, _key(value, text)), choice, "choice"))


def _key(value: Mapping[str, Any], item: object) -> str:
    return next(key for key, given in value.items() if given is item)


def _written(shape: Shape, text: str) -> str:
    """Return a value as the server writes it before it checks it."""
    return text.lower() if shape.case == "lower" else text.upper() if shape.case == "upper" else text


def _problems(
    kind: str,
    found: list[tuple[Path, Shape, str]],
    entry: Mapping[str, Any],
    place: Place,
    servers: Servers,
) -> Iterator[Diagnostic]:
    for path, shape, what in found:
        if what == "name":
            yield from _unknown(kind, path, shape, entry, place, servers)
        elif what == "type" and not (shape.type == "duration" and kind in _DURATIONS_ELSEWHERE):
            yield _wrong_type(path, shape, _at(entry, path), place, servers)
        elif what == "choice" and servers.check(shape.checked):
            yield _wrong_value(path, shape, str(_at(entry, path)), place, servers)


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _unknown(
    kind: str, path: Path, shape: Shape, entry: Mapping[str, Any], place: Place, servers: Servers
) -> Iterator[Diagnostic]:
    key = str(path[-1])
    why = _ELSEWHERE.get((kind, plain(key)))
    here = place.key(*path)
    if why == "":
        return
    if why and len(path) == 1:
        summary = f'"{key}" of {kind} is dropped by Consul: {why}'
        yield here.problem("dropped-field", summary, f"write Config: {{protocol: {_at(entry, path)}}}")
        return
    inside = ".".join(str(step) for step in path[:-1] if isinstance(step, str))
    summary = f'{kind}{f" {inside}" if inside else ""} has no field "{key}"'
    hint = f"{nearest(key, shape)}; {servers.hint()}"
    yield here.problem("unknown-field", summary, hint, warning=servers.are_newer)


def nearest(key: str, shape: Shape) -> str:
    """Return a hint: the field of a struct that was meant, or those that it has."""
    names = shape.names
    alike = [name for name in names if plain(name) == plain(key)]
    near = alike or get_close_matches(key, names, 1) or get_close_matches(key.title(), names, 1)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known: {', '.join(names[:6])}{', …' if len(names) > 6 else ''}"


def _wrong_type(path: Path, shape: Shape, value: Any, place: Place, servers: Servers) -> Diagnostic:
    expected = refusal(shape.type, value) or "a mapping"
    summary = f"{shape.name} takes {expected}, found {describe(value)}"
    return place.inner(*path).problem("wrong-type", summary, "", warning=servers.are_newer)


def _wrong_value(path: Path, shape: Shape, text: str, place: Place, servers: Servers) -> Diagnostic:
    near = get_close_matches(_written(shape, text), shape.choices, 1)
    hint = f'did you mean "{near[0]}"?' if near else ""
    summary = f'"{text}" is not a {shape.name} that Consul takes: {", ".join(shape.choices)}'
    return place.inner(*path).problem("bad-value", summary, hint, warning=servers.are_newer)
