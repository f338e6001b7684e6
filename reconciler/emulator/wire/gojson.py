"""JSON bodies as Go's encoding/json reads them: its error texts, strict fields, letter case ignored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from reconciler.emulator.wire.http_body import BrokenBody

NAMES = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
PLACES = {
    "Expecting property name": "looking for beginning of object key string",
    "Illegal trailing comma": "looking for beginning of object key string",
    "Expecting value": "looking for beginning of value",
    "Expecting ':' delimiter": "after object key",
    "Expecting ',' delimiter": "after object key:value pair",
    "Invalid control character": "in string literal",
    "Invalid \\escape": "in string escape code",
}
DECODER = json.JSONDecoder()


class GoJSONError(ValueError):
    """A body that Go's decoder refuses; the text is Go's."""


def loads(body: bytes, decoder: json.JSONDecoder = DECODER) -> Any:
    """Return the first JSON value of `body`; raises GoJSONError with Go's text."""
    try:
        text = body.decode("utf-8", "replace").lstrip(" \t\r\n")
        if not text:
            raise GoJSONError("EOF")
        return decoder.raw_decode(text)[0]
    except (json.JSONDecodeError, GoJSONError) as error:
        raise GoJSONError(_told(body, error)) from None


def _told(body: bytes, error: json.JSONDecodeError | GoJSONError) -> str:
    """Return Go's text; where the body broke off on its way, that is what ended the reading."""
    if isinstance(body, BrokenBody):
        return body.error
    return str(error) if isinstance(error, GoJSONError) else _go_text(error)


def _go_text(error: json.JSONDecodeError) -> str:
    position = error.pos
    while position < len(error.doc) and error.doc[position] in " \t\r\n":
        position += 1
    if position >= len(error.doc) or error.msg.startswith("Unterminated string"):
        return "unexpected EOF"
    literal = _literal(error.doc, position) if error.msg.startswith("Expecting value") else ""
    if literal:
        return literal
    for start, place in PLACES.items():
        if error.msg.startswith(start):
            return f"invalid character {_quoted(error.doc[position])} {place}"
    return f"invalid character {_quoted(error.doc[position])} looking for beginning of value"


def _literal(text: str, position: int) -> str:
    """Return what Go says of a word that begins as `true`, `false` or `null` and goes on otherwise."""
    for word in ("true", "false", "null"):
        if text[position] == word[0]:
            count = next(
                (n for n in range(1, len(word)) if text[position + n : position + n + 1] != word[n]), 0
            )
            if position + count >= len(text):
                return "unexpected EOF"
            found, wanted = _quoted(text[position + count]), _quoted(word[count])
            return f"invalid character {found} in literal {word} (expecting {wanted})"
    return ""


def _quoted(character: str) -> str:
    """Return a character as Go quotes it: of several bytes only the first."""
    character = chr(character.encode("utf-8", "replace")[0])
    return {"'": r"'\''", '"': "'\"'"}.get(character, f"'{character}'")


def struct(body: bytes, type_name: str, fields: Mapping[str, type | str]) -> dict[str, Any]:
    """Return the fields of a strict body; `fields` maps a Go name to str, list (of str) or dict (str to str).

    Consul's peering and ACL bodies: unknown keys are refused, names match in any letter case.
    """
    value = loads(body)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise GoJSONError(
            f"json: cannot unmarshal {NAMES[type(value)]} into Go value of type api.{type_name}"
        )
    known = {name.lower(): name for name in fields}
    out: dict[str, Any] = {}
    for key, item in value.items():
        name = known.get(key.lower())
        if name is None:
            raise GoJSONError(f'json: unknown field "{key}"')
        if item is not None:
            _check(item, fields[name], f"{type_name}.{name}")
            out[name] = item
    return out


def _check(item: Any, wanted: type | str, where: str) -> None:
    if wanted is object:
        return
    if wanted in (str, bool) and not isinstance(item, wanted):
        _refuse(item, where, "string" if wanted is str else "bool")
    if wanted is int and (isinstance(item, bool) or not isinstance(item, int)):
        _refuse(item, where, "int")
    if wanted is dict:
        _check_items(item, dict, where, "map[string]string")
    if wanted is list:
        _check_items(item, list, where, "[]string")


def _check_items(item: Any, kind: type, where: str, name: str) -> None:
    if not isinstance(item, kind):
        _refuse(item, where, name)
    for part in item.values() if isinstance(item, dict) else item:
        if part is not None and not isinstance(part, str):
            _refuse(part, where, "string")


def _refuse(item: Any, where: str, wanted: str) -> None:
    name = NAMES.get(type(item), "value")
    raise GoJSONError(f"json: cannot unmarshal {name} into Go struct field {where} of type {wanted}")
