"""Meta: Consul's limits on free key-value pairs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic

MAX_PAIRS = 64
MAX_KEY = 128
MAX_VALUE = 512
_KEY = re.compile(r"[a-zA-Z0-9_-]+\Z")


def meta_problems(meta: Mapping[str, Any], place: Place, *, peering: bool) -> Iterator[Diagnostic]:
    """Yield the problems of a Meta. Only peerings have a rule for the form of keys (ValidateMetaTags)."""
    if len(meta) > MAX_PAIRS:
        summary = f"{len(meta)} pairs; Consul takes {MAX_PAIRS}"
        yield place.problem("bad-meta", summary, "remove some")
    for key, value in meta.items():
        problem = _key_problem(key, peering)
        if problem is not None:
            yield place.key(key).problem("bad-meta", problem, "rename it")
        if isinstance(value, str) and len(value.encode()) > MAX_VALUE:
            summary = f"the value has {len(value.encode())} bytes; Consul takes {MAX_VALUE}"
            yield place.inner(key).problem("bad-meta", summary, "shorten it")


def _key_problem(key: str, peering: bool) -> str | None:
    if len(key) > MAX_KEY:
        return f"the key has {len(key)} characters; Consul takes {MAX_KEY}"
    if peering and not _KEY.match(key):
        return f'"{key}" is not a meta key: letters, digits, - and _'
    if peering and key.startswith("consul-"):
        return 'keys beginning with "consul-" are reserved'
    return None
