"""Config entry input to its decoded form: strict about unknown keys, lenient about letter case and types.

Consul decodes with mapstructure in weak mode. The decoded form keeps what Go distinguishes (an empty map is
not an absent one) and drops what it cannot (a zero number is an absent one).
"""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.versions import Version
from reconciler.emulator.forms.convert import LISTS, SCALARS, to_bytes, to_opaque
from reconciler.emulator.forms.schema import Field, Schema, kind_known, kind_schema, struct_schema
from reconciler.emulator.forms.weak import Panicked, go_kind, unwrapped

SCOPE = {"namespace": "Namespace", "partition": "Partition"}
MAPS = {"map": "str", "any": "any"}
ZERO: dict[str, Any] = {"str": "", "int": 0}


class DecodeError(ValueError):
    """Input that Consul answers with 400; the text follows `Request decoding failed: `."""


def decode_entry(raw: Any, version: Version) -> tuple[str, dict[str, Any]]:
    """Return (kind, decoded fields) of a config entry body for one version."""
    if not isinstance(raw, dict):
        raise DecodeError("Payload does not contain a kind/Kind key at the top level")
    if "Kind" not in raw and "kind" not in raw:
        raise DecodeError("Payload does not contain a kind/Kind key at the top level")
    kind = raw["Kind"] if "Kind" in raw else raw["kind"]
    if not isinstance(kind, str):
        raise DecodeError("Kind value in payload is not a string")
    if not kind_known(kind, version):
        raise DecodeError(f"invalid config entry kind: {kind}")
    data = {key: value for key, value in raw.items() if key not in ("Kind", "kind")}
    schema = kind_schema(kind, version)
    if schema is None:
        return kind, _open(kind, data, version)
    decoder = Decoder(version)
    value = decoder.struct(schema, data, "")
    decoder.finish()
    for key in ("CreateIndex", "ModifyIndex", "Hash"):
        value.pop(key, None)
    if kind == "proxy-defaults":
        value.pop("Protocol", None)  # taken and dropped: Consul works it out of Config
    return kind, value


def _open(kind: str, data: dict[str, Any], version: Version) -> dict[str, Any]:
    unknown = [key for key in data if key.lower() in SCOPE and not version.enterprise]
    if unknown:
        raise DecodeError(_unknown(unknown, version))
    names = {"name": "Name", "meta": "Meta", **SCOPE}
    value = {names.get(key.lower(), key): item for key, item in data.items() if item is not None}
    for key in ("CreateIndex", "ModifyIndex", "Hash"):
        value.pop(key, None)
    return value


def _unknown(keys: list[str], version: Version) -> str:
    lines = []
    for key in keys:
        line = f'invalid config key "{key}"'
        if key.lower().endswith("namespace"):
            line += ", namespaces are a consul enterprise feature"
        elif "jwt" in key.lower() and version.at_least(17):
            line += ", api-gateway jwt validation is a consul enterprise feature"
        lines.append(f"\t* {line}\n")
    count = "1 error" if len(keys) == 1 else f"{len(keys)} errors"
    return f"{count} occurred:\n{''.join(lines)}\n"


class Decoder:
    """Decodes one body and collects what is wrong with it."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.unknown: list[str] = []
        self.errors: list[str] = []
        self.looks_at_nothing = False

    def finish(self) -> None:
        """Raise what was collected; type errors win over unknown keys, as in Consul."""
        if self.errors:
            lines = "\n".join(f"* {error}" for error in sorted(self.errors, key=str.encode))
            raise DecodeError(f"{len(self.errors)} error(s) decoding:\n\n{lines}")
        if self.unknown:
            raise DecodeError(_unknown(self.unknown, self.version))
        if self.looks_at_nothing:
            raise Panicked  # a list of pointers holds one that points nowhere

    def struct(self, schema: Schema, data: Any, path: str) -> dict[str, Any]:
        """Return the decoded fields of one struct."""
        if not isinstance(data, dict):
            self.errors.append(f"'{path}' expected a map, got '{go_kind(data)}'")
            return {}
        out: dict[str, Any] = {}
        again = _spelled_again(schema, data)
        unknown = [f"{path}.{name}" if path else name for name in again.values() if name]
        for key, item in data.items():
            if key in again:
                continue
            where = f"{path}.{key}" if path else key
            found = schema.find(key)
            if found is None:
                unknown.append(where)
            elif item is not None:
                self._keep(out, found, item, f"{path}.{found.name}" if path else found.name)
        # Consul names what is wrong deeper down first.
        self.unknown += unknown
        return out

    def _keep(self, out: dict[str, Any], field: Field, item: Any, path: str) -> None:
        value = self._value(field.type, field.go, item, path)
        if value is not None and (value or _tells_zero(field.type, value)):
            out[field.name] = value

    def _value(self, kind: str, go: str, item: Any, path: str) -> Any:
        """Return one value; None where there is none or it is wrong, and then the error is kept."""
        if kind.startswith("[]") or kind in LISTS:
            return self._list(kind, go, item, path)
        try:
            if kind == "bytes":
                return to_bytes(item, path, go)
            pointer = kind.startswith("*")
            item, kind = unwrapped(item, 2 if pointer else 1), kind.lstrip("*")
            if kind in SCALARS:
                return SCALARS[kind](item, path, go)
            if kind in MAPS or kind.startswith("map:"):
                kind = MAPS.get(kind, kind[4:])
                return None if _is_nothing(item) else self._map(kind, item, path, {})
        except ValueError as error:
            self.errors.append(str(error))
            return None
        return self.struct(struct_schema(kind, self.version), item, path)

    def _list(self, kind: str, go: str, item: Any, path: str) -> list[Any]:
        items = item if isinstance(item, list) else [item] if item != {} else []
        one = LISTS.get(kind) or kind[2:]
        found = [self._item(one, go, part, f"{path}[{place}]") for place, part in enumerate(items)]
        return [ZERO.get(one, {}) if part is None else part for part in found]

    def _item(self, kind: str, go: str, item: Any, path: str) -> Any:
        if item is not None:
            return self._value(kind, go, item, path)
        if kind.startswith("*"):
            self.looks_at_nothing = True
        return None

    def _map(self, kind: str, item: Any, path: str, into: dict[str, Any]) -> dict[str, Any]:
        """Return a map; several maps in a list are put together (as the decoder of HCL needs it)."""
        if isinstance(item, list):
            known = len(self.errors)
            for place, part in enumerate(item):
                if part is not None and len(self.errors) == known:
                    self._map(kind, unwrapped(part), f"{path}[{place}]", into)
            return into
        if not isinstance(item, dict):
            raise ValueError(f"'{path}' expected a map, got '{go_kind(item)}'")
        for key, part in item.items():
            into[key] = self._entry(kind, part, f"{path}[{key}]")
        return into

    def _entry(self, kind: str, part: Any, path: str) -> Any:
        if kind == "any":
            return part if part is None else to_opaque(part)
        found = None if part is None else self._value(kind, "string", part, path)
        return ZERO.get(kind, {}) if found is None else found


def _is_nothing(item: Any) -> bool:
    """Say whether a list in place of a map has nothing in it but null: servers keep no map then."""
    return isinstance(item, list) and bool(item) and all(part is None for part in item)


def _spelled_again(schema: Schema, data: dict[str, Any]) -> dict[str, str]:
    """Return keys whose field another key has -> what the refusal calls them; empty where Consul says
    nothing.

    Consul first makes an alias the name in lower case, unless that is there as well; then the exact name is
    taken before any other, and what is left over is an unknown key (live 1.14-1.22).
    """
    spelled: dict[str, list[str]] = {}
    for key in data:
        if (field := schema.find(key)) is not None:
            spelled.setdefault(field.name, []).append(key)
    out: dict[str, str] = {}
    for name, keys in spelled.items():
        if len(keys) > 1:
            out |= _left_over(name, keys)
    return out


def _left_over(name: str, keys: list[str]) -> dict[str, str]:
    """Return all keys of one field but the one that is taken."""
    plain = name.lower()
    taken = next((key for key in (name, plain) if key in keys), keys[0])
    aliases = {key: "" if plain in keys else plain for key in keys if key.lower() != plain}
    return {key: aliases.get(key, key) for key in keys if key != taken}


def _tells_zero(kind: str, value: Any) -> bool:
    """Say whether Go distinguishes this empty value from an absent one: pointers, maps and lists can."""
    return kind.startswith("*") or (isinstance(value, (dict, list)) and _nilable(kind))


def _nilable(kind: str) -> bool:
    return kind.startswith(("[]", "map")) or kind in ("any", "strs", "ints")
