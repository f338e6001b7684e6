"""Trials with their state on a server: what is not on the server when a process dies is gone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from reconciler.app.workspace import configuring
from reconciler.statestore.shared.medium import SharedMedium
from reconciler.statestore.shared.store import SharedStore
from tests.backends.suite import MemoryServer
from tests.support.virtual import CLOCK

_give_back = SharedMedium.release


@contextmanager
def shared_states() -> Iterator[None]:
    """Keep the state of each root in a server of its own, in memory; a kill frees its lock at once."""
    servers: dict[Path, MemoryServer] = {}

    def open_store(place: Any, *, lock_timeout: float, root: Path, environ: Any) -> SharedStore:
        server = servers.setdefault(root, MemoryServer(clock=CLOCK))
        rescue = root / ".reconciler"
        return SharedStore("memory", server.connect, rescue=rescue, lock_timeout=lock_timeout, clock=CLOCK)

    with patch.object(configuring, "open_store", open_store), patch.object(SharedMedium, "release", _release):
        yield


async def _release(medium: SharedMedium) -> None:
    """Give the lock back; where the process dies, without writing what waits to be written."""
    if sys.exc_info()[0] is not None:
        medium._pending.clear()
    await _give_back(medium)
