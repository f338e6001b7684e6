"""Baselines: the items of an earlier look for drift, from its JSON document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reconciler.model.drifting.report import Known
from reconciler.model.failure import Cause, Failure
from reconciler.sdk.files import read_file

_KEYS = ("class", "address", "value_digest")
_MAX_BYTES = 512 * 1024 * 1024


def read_baseline(path: Path) -> dict[str, Known]:
    """Return the items of a document of `drift --json`, by their IDs. Raises `Failure`."""
    try:
        return _items(json.loads(read_file(path, _MAX_BYTES)))
    except OSError as error:
        raise _no_baseline(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _no_baseline(path, f"it is not JSON: {error}") from None
    except (KeyError, TypeError, AttributeError):
        raise _no_baseline(path, "it has no items of drift") from None


def _items(document: Any) -> dict[str, Known]:
    if document["errored"]:
        raise KeyError("items")
    items = document["drift"]["items"]
    return {str(item["id"]): Known(*(str(item[key]) for key in _KEYS)) for item in items}


def _no_baseline(path: Path, why: str) -> Failure:
    return Failure(
        Cause.USAGE,
        f"cannot use {path} as a baseline",
        detail=why,
        hint="write one with: reconciler drift --json > FILE",
    )
