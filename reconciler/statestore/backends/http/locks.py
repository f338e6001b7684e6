"""Locks as Terraform writes them: the body of LOCK and UNLOCK, and of an answer that names the holder."""

from __future__ import annotations

import json
from typing import Any

from reconciler.statestore.holder import LockInfo

_NAMES = ("id", "operation", "info", "who", "version", "created", "path")
UNKNOWN = LockInfo("", "", "", "", 0, "", "", "")


def document(run: LockInfo) -> bytes:
    """Return a run as the body of a request. `Pid` is ours: servers keep or ignore it."""
    fields: dict[str, Any] = {name.upper() if name == "id" else name.capitalize(): "" for name in _NAMES}
    for name, key in zip(_NAMES, fields, strict=True):
        fields[key] = getattr(run, name)
    return json.dumps({**fields, "Pid": run.pid}).encode()


def holder(text: str) -> LockInfo:
    """Return whom an answer names; fields that it does not say are empty."""
    try:
        raw = json.loads(text)
    except ValueError:
        return UNKNOWN
    if not isinstance(raw, dict):
        return UNKNOWN
    said = {str(key).lower(): value for key, value in raw.items()}
    fields = {name: str(said.get(name) or "") for name in _NAMES}
    pid = said.get("pid")
    return LockInfo(**fields, pid=pid if isinstance(pid, int) else 0)
