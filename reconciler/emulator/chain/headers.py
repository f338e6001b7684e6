"""Header rules of a split that leads to further splits: outer and inner put together.

Servers put them together in place, and a map that the first of the two lacks ends them (Consul 1.14 to 1.22).
"""

from __future__ import annotations

from typing import Any

Value = dict[str, Any]
MAPS = ("Add", "Set")


class ServerEnds(Exception):
    """Compiling this chain ends the server that does it, wherever it is asked to."""


def merged_split(outer: Value, inner: Value) -> Value:
    """Return the definition of a split of a split; raises ServerEnds where servers cannot make one.

    What the inner one says of requests comes last, and so counts; of responses what the outer one says.
    """
    requests = _merged(outer.get("RequestHeaders"), inner.get("RequestHeaders"))
    responses = _merged(inner.get("ResponseHeaders"), outer.get("ResponseHeaders"))
    made = {key: value for key, value in inner.items() if key not in ("RequestHeaders", "ResponseHeaders")}
    if requests is not None:
        made["RequestHeaders"] = requests
    if responses is not None:
        made["ResponseHeaders"] = responses
    return made


def _merged(base: Value | None, last: Value | None) -> Value | None:
    if not _says_something(base):
        return last
    if not _says_something(last):
        return base
    assert base is not None
    assert last is not None
    if any(last.get(name) and base.get(name) is None for name in MAPS):
        raise ServerEnds
    made = {**base, **{name: {**base[name], **(last.get(name) or {})} for name in MAPS if name in base}}
    removed = base.get("Remove") or []
    further = [name for name in last.get("Remove") or [] if name not in removed]
    return {**made, "Remove": [*removed, *further]} if removed or further else made


def _says_something(headers: Value | None) -> bool:
    return any((headers or {}).get(name) for name in (*MAPS, "Remove"))
