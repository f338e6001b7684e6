"""Fields of raw entries, found in any letter case, as Consul's decoder does.

Consul takes any letter case of a Go name, and for some fields a snake_case alias: `Peer`, `peer` and
`peer_name` are one field.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_ALIASES = {"peername": "peer"}


def key_of(entry: Mapping[str, Any], name: str) -> str | None:
    """Return the key under which an entry has a field, or `None`."""
    return name if name in entry else _other_spelling(tuple(entry), name)


def get(entry: object, name: str) -> Any:
    """Return a field's value, or `None` where it is absent or `entry` is no mapping."""
    if not isinstance(entry, dict):
        return None
    if name in entry:  # first, because nearly everybody spells it so
        return entry[name]
    key = _other_spelling(tuple(entry), name)
    return entry[key] if key is not None else None


def maps(value: object) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the mappings in a list, with their numbers. Consul reads one mapping as a list of one."""
    if isinstance(value, dict):
        return [(0, value)]
    if not isinstance(value, list):
        return []
    return [(number, item) for number, item in enumerate(value) if isinstance(item, dict)]


def path_of(entry: object, *names: str | int) -> tuple[str | int, ...]:
    """Return the path to a field as it is spelled in the entry; as far as it exists."""
    out: list[str | int] = []
    for name in names:
        if isinstance(name, str) and isinstance(entry, dict):
            key = key_of(entry, name)
            if key is None:
                break
            out.append(key)
            entry = entry[key]
        elif isinstance(name, int) and isinstance(entry, list) and name < len(entry):
            out.append(name)
            entry = entry[name]
        elif isinstance(name, int) and isinstance(entry, dict):
            continue  # one mapping where a list is expected
        else:
            break
    return tuple(out)


def repeated(entry: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the keys that spell a field again, each behind the key that did so first."""
    spelled = _spelled(tuple(entry))
    if len(spelled) == len(entry):  # first, because nearly everybody spells a field once
        return []
    return [(first, key) for key in entry if (first := spelled[plain(key)]) != key]


@lru_cache(maxsize=16384)
def _other_spelling(keys: tuple[str, ...], name: str) -> str | None:
    """Return the key under which an entry with these keys has a field, or `None`."""
    return _spelled(keys).get(name.lower())


@lru_cache(maxsize=4096)
def _spelled(keys: tuple[str, ...]) -> Mapping[str, str]:
    """Return lower-case field name -> key. Cached by all the keys together: thousands of entries have the
    same.
    """
    return {plain(key): key for key in reversed(keys)}


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """Return what all spellings of one field have in common."""
    text = key.lower().replace("_", "")
    return _ALIASES.get(text, text)
