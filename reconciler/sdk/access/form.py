"""The form of a world: the JSON Schema of `reconciler-snapshot/1`, and what it checks.

The schema, `snapshot.schema.json`, is the one source: readers check files by it, and others may use it as it
is. Of JSON Schema it uses `type`, `enum`, `required`, `properties`, `additionalProperties` and `items`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Check = Callable[[Any], str]
"""Returns where and how a value is not as it should be, as the rest of a sentence: `.name is missing`."""

_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "object": (Mapping, "an object"),
    "array": ((list, tuple), "a list"),
    "string": (str, "a text"),
    "integer": (int, "a whole number"),
}
_SCALARS: Mapping[str, type] = {"string": str, "integer": int, "boolean": bool}
_FLAG = "true, false or null"


def snapshot_schema() -> dict[str, Any]:
    """Return the JSON Schema of snapshot files."""
    import json

    with open(f"{os.path.dirname(__file__)}/snapshot.schema.json", encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found


def check_world(world: Any) -> None:
    """Raise `ValueError` that names the first place which is not as the schema says, as a JSON path."""
    said = _whole()(world)
    if said:
        raise ValueError(f"${said}")


@cache
def _whole() -> Check:
    return _check_of(snapshot_schema())


def _check_of(schema: Mapping[str, Any]) -> Check:
    if "enum" in schema:
        return _one_of(schema["enum"])
    kinds = _kinds(schema)
    if "boolean" in kinds:
        return lambda value: "" if value is None or value is True or value is False else f" is not {_FLAG}"
    types, words = _TYPES[kinds[0]]
    below = _members(schema) if kinds[0] == "object" else _items(schema) if kinds[0] == "array" else None
    absent = "" if "null" in kinds else " is missing"

    def check(value: Any) -> str:
        if value is None:
            return absent
        if not isinstance(value, types) or value is True or value is False:
            return f" is not {words}"
        return below(value) if below is not None else ""

    return check


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    said = schema.get("type", [])
    return said if isinstance(said, list) else [said]


def _one_of(values: list[Any]) -> Check:
    named = [str(value) for value in values if value is not None]
    said = f" is not {', '.join(named)} or null"
    return lambda value: "" if value is None or (isinstance(value, str) and value in named) else said


def _members(schema: Mapping[str, Any]) -> Check | None:
    """Return the check of an object's members; `None` where any will do."""
    required = schema.get("required", ())
    named = [(name, _check_of(one), name in required) for name, one in schema.get("properties", {}).items()]
    others = schema.get("additionalProperties")
    each = _check_of(others) if others is not None else None

    def check(value: Mapping[str, Any]) -> str:
        for name, member, needed in named:
            if name in value or needed:
                said = member(value.get(name))
                if said:
                    return f".{name}{said}"
        if each is not None:
            for name, one in value.items():
                said = each(one)
                if said:
                    return f".{name}{said}"
        return ""

    return check if named or each is not None else None


def _items(schema: Mapping[str, Any]) -> Check:
    each, plain = _check_of(schema["items"]), _plain(schema["items"])

    def check(value: list[Any]) -> str:
        if plain and _all_plain(value, plain):
            return ""
        for number, one in enumerate(value):
            said = each(one)
            if said:
                return f"[{number}]{said}"
        return ""

    return check


def _plain(schema: Mapping[str, Any]) -> dict[str, set[type]]:
    """Return the types that the members of an object have, by name, in an item that needs no closer look;
    empty where the items of a list are no objects.
    """
    if schema.get("type") != "object":
        return {}
    required, members = schema.get("required", ()), schema.get("properties", {})
    return {name: _scalars(one, absent=name not in required) for name, one in members.items()}


def _scalars(schema: Mapping[str, Any], *, absent: bool) -> set[type]:
    found = {_SCALARS[kind] for kind in _kinds(schema) if kind in _SCALARS}
    return found | {type(None)} if absent else found


def _all_plain(value: list[Any], plain: Mapping[str, set[type]]) -> bool:
    """Say whether all items are such objects. Long lists seldom have others, and one look at a member of all
    is quicker than one at all members of each.
    """
    if not {*map(type, value)} <= {dict}:
        return False
    return all({type(one.get(name)) for one in value} <= types for name, types in plain.items())
