"""Snapshot files: a world as JSON, without any secret. Written for their owner only: who may call whom is not
secret, but not public either.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.model.failure import Cause, Failure
from reconciler.sdk.access.protocol import World
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.files import read_file, write_file
from reconciler.sdk.secrets.scrub import masked

FORMAT = "reconciler-snapshot/1"
MAX_BYTES = 512 * 1024 * 1024


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
        value = json.loads(read_file(path, MAX_BYTES))
    except OSError as error:
        raise not_a_snapshot(path, out_of_files(error) or error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise not_a_snapshot(path, "it is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        raise not_a_snapshot(path, _not_json(error)) from None
    except (ValueError, RecursionError) as error:
        raise not_a_snapshot(path, f"it is not JSON: {error}") from None
    return _checked(path, value)


def _not_json(error: json.JSONDecodeError) -> str:
    return f"it is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"


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
