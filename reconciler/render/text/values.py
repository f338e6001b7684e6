"""Values and nested bodies as `key = value` leaves, and how paths are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.sdk.secrets.secret import MASK, Secret
from reconciler.sdk.secrets.sensitive import Sensitive

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_INLINE = 72  # columns up to which a list or an object stays on one line
_WIDEST = 40  # columns up to which the equals signs below each other are aligned

Path = tuple[str | int, ...]


class Verbatim(str):
    """Text that stands for a value and is shown without quotes: `api@dc1`."""

    __slots__ = ()


def value_text(value: Any) -> str:
    """Return a value on one line: JSON for scalars, `{a = 1}` and `[1, 2]` for the rest."""
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, Secret | Sensitive):
        return MASK
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(str(key))} = {value_text(item)}" for key, item in value.items())
        return "{" + inner + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join([value_text(item) for item in value]) + "]"
    if isinstance(value, str | int | float) or value is None:
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def path_text(path: Sequence[str | int]) -> str:
    """Return a path: `Failover["*"].Targets[0].Peer`. The rules of a policy speak for themselves: `service
    "api" policy`.
    """
    if len(path) > 1 and path[0] == "Rules" and all(isinstance(part, str) for part in path):
        return " ".join(str(part) for part in path[1:])
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif _PLAIN_KEY.match(part):
            out += f".{part}" if out else part
        else:
            out += f"[{json.dumps(part, ensure_ascii=False)}]"
    return out


def _key(text: str) -> str:
    return text if _PLAIN_KEY.match(text) else json.dumps(text, ensure_ascii=False)


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the leaves below a value. Short lists stay whole, because they read better on one line."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, list | tuple) and _is_long(value):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value


def _is_long(items: Sequence[Any]) -> bool:
    if not any(isinstance(item, Mapping | list | tuple) for item in items):
        return False
    return len(value_text(items)) > _INLINE


def count_leaves(value: Any) -> int:
    """Return how many scalars are in a value; an empty branch counts as one."""
    if isinstance(value, Mapping) and value:
        return sum(map(count_leaves, value.values()))
    if isinstance(value, list | tuple) and value:
        return sum(map(count_leaves, value))
    return 1


def named_leaves(body: Mapping[str, Any]) -> list[tuple[Path, Any]]:
    """Return the leaves of an object; none of an empty one."""
    return [(path, value) for path, value in leaves(body) if path]


def leaf_texts(body: Mapping[str, Any], *, without: frozenset[str] = frozenset()) -> list[str]:
    """Return `key = value` for every leaf, with the equals signs aligned."""
    body = {key: item for key, item in body.items() if key not in without}
    pairs = [(path_text(path), value_text(value)) for path, value in named_leaves(body)]
    widths = [len(key) for key, _ in pairs if len(key) <= _WIDEST]
    columns = max(widths, default=0)
    return [f"{key:<{columns}} = {text}" for key, text in pairs]
