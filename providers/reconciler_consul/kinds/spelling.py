"""The documented spelling of an entry that others wrote: what Consul's decoder takes of it for what.

`PUT /v1/config` takes a field in any letter case and in snake_case, one value in place of a list of one, a
list of one in place of an object, and numbers and truth values as texts. Of a field that is there in two
spellings the documented one counts. An entry that is spelled as documented is returned as it is: most are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.provider import Body

_COMMON = ("Kind", "Name", "Namespace", "Partition", "Meta", "Hash", "CreateIndex", "ModifyIndex", "Status")
_SCOPE = ("Namespace", "Partition", "SamenessGroup")
_FLAGS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False, "": False}
_NUMBERS = ("int", "float32", "pointer to int")
_LIST, _MAP = "list of ", "map of "
Keys = tuple[str, ...]


class Shape:
    """What may be at one place: the `type` of its value, and of its objects the `fields` by their spellings.

    `read` has the fields whose values are looked into. `known` remembers keys that are all as documented,
    with those of them that are looked into; `plain` those of which none is.
    """

    def __init__(self, type_: str = "struct") -> None:
        self.type = type_
        self.fields: dict[str, str] = {}
        self.below: dict[str, Shape] = {}
        self.read: dict[str, Shape] = {}
        self.known: dict[Keys, Keys] = {}
        self.plain: set[Keys] = set()

    def add(self, name: str, said: str) -> None:
        """Add a field by what the table says of it."""
        type_, *more = said.split(", ")
        alias = next((one.removeprefix("alias ") for one in more if one.startswith("alias ")), name)
        self.fields.setdefault(name.lower(), name)
        self.fields.setdefault(alias.lower(), name)
        self.below[name] = Shape(type_)

    def finish(self) -> Shape:
        """Return the shape when all its fields are there."""
        for name in _SCOPE if self.fields else ():
            self.fields.setdefault(name.lower(), name)
        for name, shape in self.below.items():
            shape.finish()
            if shape.fields or shape.type in (*_NUMBERS, "bool") or shape.type.startswith((_LIST, _MAP)):
                self.read[name] = shape
        return self

    def learn(self, keys: Keys) -> Keys:
        """Take keys for known; return those of them that are looked into."""
        found = self.known[keys] = tuple(key for key in keys if key in self.read)
        if not found:
            self.plain.add(keys)
        return found


def documented(body: Body) -> Body:
    """Return an entry in the documented spelling, as deep as the table of kinds knows it."""
    found: Body = _object(shape_of(body), body)
    return found


def documented_all(bodies: Sequence[Body]) -> Sequence[Body]:
    """Return entries in the documented spelling. Where all are spelled so, it is the same list."""
    by_kind: dict[str, list[Body]] = {}
    for body in bodies:
        kind = body.get("Kind")
        by_kind.setdefault(kind if isinstance(kind, str) else "", []).append(body)
    if "" not in by_kind and all(_are_documented(shape_of(alike[0]), alike) for alike in by_kind.values()):
        return bodies
    return [documented(body) for body in bodies]


def _are_documented(shape: Shape, objects: Sequence[Any]) -> bool:
    """Say whether all these objects are spelled as documented; one look at a field of all objects takes less
    time than one at all fields of each.
    """
    if not {*map(type, objects)} <= {dict}:
        return False
    spelled = {*map(tuple, objects)}
    for keys in spelled - shape.known.keys():
        if any(shape.fields.get(key.lower(), key) != key for key in keys):
            return False
        shape.learn(keys)
    read = {key for keys in spelled for key in shape.known[keys]}
    return all(_is_column(shape.read[key], [one.get(key) for one in objects]) for key in read)


def _is_column(shape: Shape, values: Sequence[Any]) -> bool:
    """Say whether the values that a field has in several objects are all as documented."""
    given = [value for value in values if value is not None]
    types = {*map(type, given)}
    if shape.type.startswith(_LIST):
        return types <= {list} and (not shape.fields or _are_documented(shape, [*chain(*given)]))
    if shape.type == "bool":
        return types <= {bool}
    if shape.type in _NUMBERS:
        return types <= {int, float}
    if shape.type.startswith(_MAP):
        return types <= {dict} and (
            not shape.fields or _are_documented(shape, [*chain(*map(dict.values, given))])
        )
    return _are_documented(shape, given)


def documented_tops(bodies: Sequence[Any]) -> Sequence[Any]:
    """Return entries whose own fields have their documented names; what is in them, and what is no entry,
    stays as it is. Where all are spelled so, as in most lists, it is the same list.
    """
    if {*map(type, bodies)} == {dict} and {type(body.get("Kind")) for body in bodies} == {str}:
        by_keys = {(body["Kind"], *body): body for body in bodies}
        if all(documented_top(body) is body for body in by_keys.values()):
            return bodies
    return [documented_top(body) if isinstance(body, Mapping) else body for body in bodies]


def documented_top(body: Body) -> Body:
    """Return an entry whose own fields have their documented names; what is in them stays as it is."""
    return _named(shape_of(body).fields, body)


def shape_of(body: Body) -> Shape:
    """Return the shape of an entry by its kind."""
    kind = body.get("Kind") or next((v for k, v in body.items() if k.lower() == "kind"), None)
    return (_shape(kind) if isinstance(kind, str) else None) or _any()


@cache
def _any() -> Shape:
    """Return the shape of an entry of a kind that is not known."""
    shape = Shape()
    shape.fields = {name.lower(): name for name in _COMMON}
    return shape


@cache
def _shape(kind: str) -> Shape | None:
    facts = entry_kinds().get(kind)
    if facts is None:
        return None
    shape = Shape()
    shape.fields = dict(_any().fields)
    for path, said in facts.fields.items():
        at = shape
        *above, name = path.replace(".*", "").split(".")  # the shape of a map is that of its values
        for step in above:
            at = at.below[step]
        at.add(name, said)
    return shape.finish()


def _named(fields: Mapping[str, str], body: Body) -> Body:
    """Return an object whose fields have their documented names."""
    odd = [key for key in body if fields.get(key.lower(), key) != key]
    if not odd:
        return body
    found = {key: value for key, value in body.items() if key not in odd}
    for key in odd:
        found.setdefault(fields[key.lower()], body[key])
    return found


def _value(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if shape.type.startswith(_LIST):
        return _list(shape, value)
    if shape.type in _NUMBERS or shape.type == "bool":
        return _scalar(shape.type, value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        return value
    return _map(shape, value) if shape.type.startswith(_MAP) else _object(shape, value)


def _object(shape: Shape, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    keys = tuple(value)
    named, reading = value, shape.known.get(keys)
    if reading is None:
        named = _named(shape.fields, value)
        reading = shape.learn(keys) if named is value else tuple(key for key in named if key in shape.read)
    read = {key: _value(shape.read[key], named[key]) for key in reading}
    same = named is value and all(one is value[key] for key, one in read.items())
    return value if same else {**named, **read}


def _list(shape: Shape, value: Any) -> Any:
    if not isinstance(value, list | tuple):
        value = [value] if value != "" else []
    if not shape.fields:
        return value
    if {*map(type, value)} == {dict} and {*map(tuple, value)} <= shape.plain:
        return value
    found = [_object(shape, item) for item in value]
    return value if all(one is item for one, item in zip(found, value, strict=True)) else found


def _map(shape: Shape, value: Mapping[str, Any]) -> Any:
    found = {key: _object(shape, one) for key, one in value.items()}
    return value if all(one is value[key] for key, one in found.items()) else found


def _scalar(type_: str, value: Any) -> Any:
    if type_ == "bool":
        known = _FLAGS.get(value.lower()) if isinstance(value, str) else None
        return known if known is not None else bool(value) if type(value) in (int, float) else value
    if not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return value
