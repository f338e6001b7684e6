"""Values of a world, which is plain JSON that others wrote: what is missing or odd is `None`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Version = tuple[int, int, int]
_NOTHING: Mapping[str, Any] = {}
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


def version_of(text: Any) -> Version | None:
    """Return a version of Consul without its suffix: `1.20.0-rc1` is (1, 20, 0); `None` where it is none."""
    found = _VERSION.match(text) if isinstance(text, str) else None
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def name_of(value: Any) -> str | None:
    """Return a name; `None` where there is none."""
    return value if isinstance(value, str) and value else None


def flag_of(value: Any) -> bool | None:
    """Return a truth value; `None` where there is none."""
    return value if isinstance(value, bool) else None


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return an object; an empty one where there is none."""
    if not value:
        return _NOTHING
    return value if type(value) is dict or isinstance(value, Mapping) else _NOTHING


def list_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list."""
    if not isinstance(value, list | tuple):
        return []
    return [item for item in value if type(item) is dict or isinstance(item, Mapping)]
