"""The store of a machine whose clock is off."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.model.state_place import StatePlace
from reconciler.statestore.backends.objects.backend import ObjectBackend
from reconciler.statestore.factory import EMERGENCY, connector
from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.lease import Lease
from reconciler.statestore.shared.ports import Backend
from reconciler.statestore.shared.store import SharedStore

TTL = 1.5  # seconds, of a lease


def by_another_clock(place: StatePlace, root: Path, environ: Mapping[str, str], skew: float) -> StateStore:
    """Return the store of a machine whose clock is so many seconds ahead; its leases are short."""

    def now() -> float:
        return time.time() + skew

    def connect() -> Backend:
        backend: Any = connector(place, root=root, environ=environ)()
        if isinstance(backend, ObjectBackend):
            backend.lease = Lease(backend, now=now, ttl=TTL)
        return backend  # type: ignore[no-any-return]

    return SharedStore(place.shown, connect, rescue=root / EMERGENCY, lock_timeout=90.0, now=now)
