"""A small pair that still goes wrong, from one that does: items are taken out of both while it lasts."""

from __future__ import annotations

import copy
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from tests.transitions.configurations.flavours import Config

Path = tuple[Any, ...]
StillWrong = Callable[[Config, Config], Awaitable[bool]]


async def shrunk(
    before: Config, after: Config, still: StillWrong, seconds: float = 240.0
) -> tuple[Config, Config]:
    """The smallest pair found in that time. `still` says whether a pair goes wrong in the same way."""
    before, after = copy.deepcopy(before), copy.deepcopy(after)
    until = time.monotonic() + seconds
    while True:
        smaller = await _passed(before, after, still, until)
        if smaller == (before, after) or time.monotonic() > until:
            return smaller
        before, after = smaller


async def _passed(before: Config, after: Config, still: StillWrong, until: float) -> tuple[Config, Config]:
    """The pair without all that one walk through it could take out, the largest things first."""
    for path in sorted({*_paths(before), *_paths(after)}, key=lambda path: (len(path), str(path))):
        if time.monotonic() > until:
            break
        less, lesser = _without(before, path), _without(after, path)
        for one, other in ((less, lesser), (less, after), (before, lesser)):
            if (one, other) != (before, after) and await still(one, other):
                before, after = one, other
                break
    return before, after


def _paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Where something could be taken out: everything but the clusters, not too deep."""
    if at[:1] == ("clusters",) or len(at) > 6:
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if (*at, key) != ("clusters",):
            yield (*at, key)
            yield from _paths(item, (*at, key))


def _without(config: Config, path: Path) -> Config:
    out = copy.deepcopy(config)
    at: Any = out
    for key in path[:-1]:
        if not _has(at, key):
            return config
        at = at[key]
    if not _has(at, path[-1]) or path == ("peerings",):
        return config
    del at[path[-1]]
    return out


def _has(at: Any, key: Any) -> bool:
    if isinstance(at, dict):
        return key in at
    return isinstance(at, list) and isinstance(key, int) and key < len(at)
