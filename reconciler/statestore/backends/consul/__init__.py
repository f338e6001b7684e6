"""State in Consul's KV store: a lock that a session holds, and writes that are tied to it.

`access` says how Consul is reached, `answers` what it says, `backend` does the work. Facts about Consul that
this relies on are in the docstrings there, and are tested against every version at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.state_place import ConsulPlace

if TYPE_CHECKING:
    from reconciler.statestore.backends.consul.backend import ConsulBackend


def connect(place: ConsulPlace, environ: Mapping[str, str], root: Path) -> ConsulBackend:
    """Return a connection to the state at `place`; nothing is sent yet. Raises `Failure` where its
    credentials cannot be used.
    """
    from reconciler.statestore.backends.consul.access import find
    from reconciler.statestore.backends.consul.backend import ConsulBackend

    return ConsulBackend(find(place, environ, root))
