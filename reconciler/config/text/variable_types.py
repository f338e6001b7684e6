"""Types of variables: what fits them, and how text becomes one of them."""

from __future__ import annotations

import json
from typing import Any

from reconciler.config.text.scalars import NotANumber, plain

TYPES = ("string", "number", "bool", "list")


def convert(kind: str, text: str) -> Any:
    """Return a value given as text, as the declared type. Raises `ValueError` saying why not."""
    if kind == "string":
        return text
    if kind == "list":
        return _list(text)
    try:
        value = plain(text.strip())
    except NotANumber as error:
        raise ValueError(str(error)) from None
    if not fits(kind, value):
        raise ValueError(repr(text))
    return value


def _list(text: str) -> list[str]:
    if not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not fits("list", value):
        raise ValueError("expected a list of texts")
    return list(value)


def fits(kind: str, value: Any) -> bool:
    """Say whether a value is of a type."""
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "list":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, bool if kind == "bool" else str)


def as_text(value: Any) -> str:
    """Return a value as part of a text."""
    return value if isinstance(value, str) else json.dumps(value)
