"""Snapshot files: a world as JSON, without any secret. Written for their owner only: who may call whom is not
secret, but not public either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.access.protocol import World
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.files import read_file, write_file
from reconciler.sdk.secrets.scrub import masked

FORMAT = "reconciler-snapshot/1"
MAX_BYTES = 512 * 1024 * 1024
LOOKED_THROUGH = 4 * 1024 * 1024  # bytes; a larger file has no hand-written keys
_LONG = re.compile(r"\d{4300,}")  # digits of a number that Python does not read


def save_snapshot(world: World, path: Path) -> None:
    """Write a world, whole or not at all. Tokens of this run are masked in it, should a server repeat one.

    Raises `Failure` where the file cannot be written.
    """
    text = json.dumps(masked(world), indent=1, ensure_ascii=True) + "\n"
    try:
        write_file(path, text.encode())
    except (OSError, ValueError) as error:  # ValueError: a path without a name, or with a NUL
        why = getattr(error, "strerror", None) or str(error)
        raise Failure(Cause.USAGE, f"cannot write the snapshot to {path}", detail=why) from None


def read_snapshot(path: Path) -> World:
    """Read a snapshot file. Raises `Failure` where it has no JSON object of this format; what is in it is for
    its provider to check.
    """
    try:
        value = _parsed(read_file(path, MAX_BYTES))
    except OSError as error:
        raise not_a_snapshot(path, out_of_files(error) or error.strerror or str(error)) from None
    except ValueError as error:
        raise not_a_snapshot(path, str(error)) from None
    return _checked(path, value)


def _checked(path: Path, value: Any) -> World:
    if not isinstance(value, dict):
        raise not_a_snapshot(path, "$ is not an object")
    written = value.get("format", FORMAT)
    if isinstance(written, str) and written.startswith("reconciler-snapshot/") and written != FORMAT:
        hint = "read it with the version of reconciler that wrote it, or a newer one"
        raise not_a_snapshot(path, f"$.format is {written}, and this version reads {FORMAT}", hint)
    return value


def not_a_snapshot(path: Path, why: str, hint: str = "") -> Failure:
    """Return the failure for a file that is no snapshot."""
    return Failure(
        Cause.USAGE,
        f"cannot read the snapshot {path}",
        detail=why,
        hint=hint or "write one with: reconciler snapshot --out FILE (its format: docs/snapshot.md)",
    )


# Reading JSON that others wrote


def _parsed(content: bytes) -> Any:
    """Return a JSON value. Raises `ValueError` that says what is wrong, and where: what is no JSON, and in a
    file of up to `LOOKED_THROUGH` bytes a key that one object has twice: readers take this one or that.
    """
    try:
        text = content.decode(json.detect_encoding(content))
    except UnicodeDecodeError:
        raise ValueError("it is not text in UTF-8") from None
    by_hand = len(content) <= LOOKED_THROUGH
    try:
        value = json.loads(text, object_pairs_hook=_object if by_hand else None)
        twice = next(_twice(value, "$"), "") if by_hand else ""
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise ValueError(f"it is not JSON: {what} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("its objects and lists are nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"it is not JSON: {_too_long(text) or error}") from None
    if twice:
        raise ValueError(twice)
    return value


class _Twice(dict[str, Any]):
    """An object that has `key` twice."""

    key = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice, seen = _Twice(found), set[str]()
    twice.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return twice


def _twice(value: Any, path: str) -> Iterator[str]:
    """Yield where an object has a key twice."""
    if isinstance(value, _Twice):
        yield f'{path} has the key "{value.key}" twice'
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _twice(item, f"{path}.{key}") if isinstance(item, dict | list) else ()
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _twice(item, f"{path}[{number}]") if isinstance(item, dict | list) else ()


def _too_long(text: str) -> str:
    """Return what is wrong with a number that is too long; empty where none is."""
    found = _LONG.search(text)
    if found is None:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    return f"a number of {len(found[0])} digits at line {line}"
