"""Values of an entry that no server would take in their place, as a list for a name. Where nothing is wrong,
others may look for what they need and take what is not there for absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.provider import Body
from reconciler_consul.kinds.spelling import Shape, shape_of

_LIST = "list of "
_SCALARS = (str, int, float)
_ANYTHING: tuple[Any, str] = (object, "")
_TYPES: Mapping[str, tuple[Any, str]] = {
    "string": (_SCALARS, "a text"),
    "bool": ((bool,), "true or false"),
    "int": ((int, float), "a number"),
    "pointer to int": ((int, float), "a number"),
    "float32": ((int, float), "a number"),
    "struct": ((Mapping,), "an object"),
    "map": ((Mapping,), "an object"),
    "map of struct": ((Mapping,), "an object"),
}


def wrong_in(body: Body) -> str:
    """Return where and how a value of an entry, spelled as documented, is not as its kind has it: as the rest
    of a sentence, `.Sources[0].Name is not a text`. Empty where nothing is wrong.
    """
    return _in_object(shape_of(body), body)


def _in_object(shape: Shape, value: Mapping[str, Any]) -> str:
    for name, below in shape.below.items():
        said = _in(below, value.get(name))
        if said:
            return f".{name}{said}"
    return ""


def _in(shape: Shape, value: Any) -> str:
    if value is None:
        return ""
    if shape.type.startswith(_LIST):
        return _in_list(shape, value)
    types, words = _TYPES.get(shape.type, _ANYTHING)
    if not isinstance(value, types):
        return f" is not {words}"
    if shape.type == "map of struct":
        return _in_map(shape, value)
    return _in_object(shape, value) if shape.fields else ""


def _in_list(shape: Shape, value: Any) -> str:
    if not isinstance(value, list | tuple):
        return " is not a list"
    types, words = _TYPES.get(shape.type.removeprefix(_LIST), _ANYTHING)
    for number, item in enumerate(value):
        if item is not None and not isinstance(item, types):
            return f"[{number}] is not {words}"
        said = _in_object(shape, item) if shape.fields and item else ""
        if said:
            return f"[{number}]{said}"
    return ""


def _in_map(shape: Shape, value: Mapping[str, Any]) -> str:
    for name, item in value.items():
        if item is not None and not isinstance(item, Mapping):
            return f".{name} is not an object"
        said = _in_object(shape, item) if item else ""
        if said:
            return f".{name}{said}"
    return ""
