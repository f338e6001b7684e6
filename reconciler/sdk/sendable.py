"""What no server may be sent: values that destroy a cluster, drop the request or arrive as something else.

Consul 1.14 to 1.22: a null in a list inside the `Config` of proxy-defaults makes every server exit, and exit
again at each restart; in other places it drops the request or is stored as an empty item. A lone surrogate is
stored as U+FFFD. NaN and the infinities are not JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from reconciler.sdk.errors import Unsendable

HINT = (
    "nothing was sent; remove it where it comes from: the configuration, a plugin, or what the cluster holds"
)


def flaw_in(body: object) -> tuple[str, str] | None:
    """Return where a body has what must not be sent (`Config.a.b[1]`), and what that is; else `None`."""
    return _flaw(body, "")


def check(body: object, *, cluster: str, subject: str) -> None:
    """Raise `Unsendable`, naming cluster and `subject` (an address or a request), for a flawed body."""
    found = flaw_in(body)
    if found is not None:
        path, what = found
        raise Unsendable(f"{subject}: {path or 'the body'} is {what}", cluster=cluster, hint=HINT)


def _flaw(value: Any, path: str) -> tuple[str, str] | None:
    if isinstance(value, str):
        return (path, "text with half of a surrogate pair") if is_broken(value) else None
    if isinstance(value, float):
        return None if math.isfinite(value) else (path, f"{value}, which is not a number of JSON")
    if isinstance(value, Mapping):
        return _in_mapping(value, path)
    if isinstance(value, list | tuple):
        return _in_list(value, path)
    return None


def _in_mapping(value: Mapping[Any, Any], path: str) -> tuple[str, str] | None:
    for key, item in value.items():
        where = f"{path}.{key}" if path else str(key)
        if is_broken(str(key)):
            return ascii(where)[1:-1], "a key with half of a surrogate pair"
        found = _flaw(item, where)
        if found is not None:
            return found
    return None


def _in_list(value: list[Any] | tuple[Any, ...], path: str) -> tuple[str, str] | None:
    for number, item in enumerate(value):
        where = f"{path}[{number}]"
        found = (where, "null, an item without a value") if item is None else _flaw(item, where)
        if found is not None:
            return found
    return None


def is_broken(text: str) -> bool:
    """Say whether a text has half of a surrogate pair, which no UTF-8 can carry."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
