"""Validation errors of config entries: Go's texts for one and for several, and the checks kinds share."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.wire.messages import Refusal

Value = dict[str, Any]


def fail(text: str) -> Refusal:
    """Return a validation error."""
    return Refusal(500, text)


def several(errors: list[str]) -> Refusal:
    """Return validation errors in the form of Go's multierror."""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    lines = "".join(f"\t* {error}\n" for error in errors)
    return fail(f"{count} occurred:\n{lines}\n")


def meta_errors(value: Value) -> list[str]:
    """Return what is wrong with an entry's Meta."""
    meta = value.get("Meta") or {}
    errors = ["Meta exceeds maximum element count 64"] if len(meta) > 64 else []
    for key, text in meta.items():
        if len(key) > 128:
            errors.append(f'Meta key "{key}" exceeds maximum length 128')
        if len(text) > 512:
            errors.append(f'Meta value for key "{key}" exceeds maximum length 512')
    return errors


def require_name(value: Value) -> str:
    """Return the entry's name; refuse an empty one and bad Meta."""
    name: str = value.get("Name", "")
    if not name:
        raise fail("Name is required")
    check_meta(value)
    return name


def check_meta(value: Value) -> None:
    """Refuse bad Meta."""
    errors = meta_errors(value)
    if errors:
        raise several(errors)
