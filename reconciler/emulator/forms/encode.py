"""The output form of a config entry: empty structs where Go shows them, durations as text or nanoseconds."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from reconciler.emulator.core.store import Entry
from reconciler.emulator.core.versions import Version
from reconciler.emulator.forms.schema import Field, Schema, kind_schema, struct_schema
from reconciler.emulator.wire.durations import format_duration
from reconciler.emulator.wire.messages import dump

ZERO: dict[str, Any] = {"str": "", "int": 0, "bool": False, "float": 0, "dur": "0s", "ns": 0}
ENDINGS = ("Hash", "CreateIndex", "ModifyIndex")


def shown(entry: Entry, version: Version) -> dict[str, Any]:
    """Return what GET shows of an entry (made once per stored version of it)."""
    if entry.shown is None:
        out: dict[str, Any] = {"Kind": entry.kind}
        schema = kind_schema(entry.kind, version)
        out.update(_struct(schema, entry.value, version) if schema else entry.value)
        if version.entry_hash:
            out["Hash"] = _hash(out, version)
        out["CreateIndex"] = entry.create
        out["ModifyIndex"] = entry.modify
        entry.shown = out
    return entry.shown


def encoded(entry: Entry, version: Version) -> bytes:
    """Return the JSON of an entry (made once per stored version of it)."""
    if entry.encoded is None:
        entry.encoded = dump(shown(entry, version))
    return entry.encoded


def shown_struct(name: str, value: dict[str, Any], version: Version) -> dict[str, Any]:
    """Return what Consul shows of one nested struct, such as a Route or a Split."""
    return _struct(struct_schema(name, version), value, version)


def _hash(value: dict[str, Any], version: Version) -> int:
    text = json.dumps([version.text, value], sort_keys=True).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def _struct(schema: Schema, value: dict[str, Any], version: Version) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for field in schema.fields:
        if field.name in ENDINGS:
            continue
        item = value.get(field.name)
        if item is None:
            if field.always:
                out[field.name] = _zero(field, version)
        elif item or field.always or field.type.startswith("*"):
            out[field.name] = _value(field.type, item, version)
    return out


def _zero(field: Field, version: Version) -> Any:
    if field.type in ZERO:
        return ZERO[field.type]
    if field.type.startswith(("[]", "*", "map")) or field.type in ("any", "strs", "ints"):
        return None
    return _struct(struct_schema(field.type, version), {}, version)


def _value(kind: str, item: Any, version: Version) -> Any:
    if kind == "dur":
        return format_duration(item)
    if kind == "float":
        return int(item) if float(item).is_integer() else item
    if kind in ZERO or kind[1:] in ZERO or kind in ("any", "map", "strs", "ints", "bytes"):
        return item
    if kind.startswith("[]"):
        schema = struct_schema(kind[2:].lstrip("*"), version)
        return [_struct(schema, part, version) for part in item]
    if kind.startswith("map:"):
        schema = struct_schema(kind[4:], version)
        return {key: _struct(schema, part, version) for key, part in item.items()}
    return _struct(struct_schema(kind.lstrip("*"), version), item, version)
