"""Documents that were kept: saved plans, and what commands printed with `--json`. No cluster is asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reconciler.app.planning.planfile import MAX_BYTES, load_plan
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Plan
from reconciler.sdk.causes import out_of_files
from reconciler.sdk.files import read_file

STDIN = Path("-")
DEEPEST = 100  # levels of a document

Kept = Plan | Mapping[str, Any] | list[Mapping[str, Any]]


def load_document(path: Path) -> Kept:
    """Return what a file holds: a saved plan, one JSON document, or the lines of an apply. `-` is stdin.

    Raises `Failure` for a file that cannot be read, and for one that is none of these.
    """
    try:
        text = read_file(Path("/dev/stdin") if path == STDIN else path, MAX_BYTES, pipes=True)
        value = _parsed(text.decode("utf-8"))
    except OSError as error:
        raise _bad(path, out_of_files(error) or error.strerror or str(error)) from None
    except (ValueError, RecursionError):
        raise _bad(path, "it is not JSON") from None
    if isinstance(value, dict) and {"plan", "checksum"} <= value.keys():
        return load_plan(path)
    if _is_deep(value):
        raise _bad(path, f"it is nested more than {DEEPEST} levels")
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(item, dict) for item in found):
        raise _bad(path, "it is no document of reconciler")
    return value if isinstance(value, dict) else found


def _parsed(text: str) -> Any:
    """Return one JSON value, or a list of them where there is one a line."""
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _is_deep(value: Any) -> bool:
    """Say whether a value is nested deeper than any document is."""
    level = [value]
    for _ in range(DEEPEST):
        level = [below for one in level for below in _below(one)]
        if not level:
            return False
    return True


def _below(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _bad(path: Path, why: str) -> Failure:
    hint = "give a plan saved with -out, or what plan, drift, validate or apply print with --json"
    return Failure(Cause.USAGE, f"cannot read {path}", detail=why, hint=hint)
