"""Chooses a store. The only place that knows which ones there are."""

from __future__ import annotations

from pathlib import Path

from reconciler.statestore.ports import StateStore


def open_store(path: Path, *, lock_timeout: float = 0.0) -> StateStore:
    """Return the store in the directory `path`; nothing is opened yet.

    `lock_timeout` is how many seconds a session waits for another run's lock before it raises.
    """
    from reconciler.statestore.local.store import LocalStore

    return LocalStore(path, lock_timeout=lock_timeout)
