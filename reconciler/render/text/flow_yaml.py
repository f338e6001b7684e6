"""Values as YAML on one line, to be pasted into a configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.@/-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def flow_yaml(section: Mapping[str, Any]) -> str:
    """Return a section: its name as it is, all below it in braces.

    >>> flow_yaml({"exports": {"dc1": {"api": ["dc2", "*"]}}})
    'exports: {dc1: {api: [dc2, "*"]}}'
    """
    return ", ".join(f"{_scalar(name)}: {_value(value)}" for name, value in section.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{flow_yaml(value)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else json.dumps(value)
