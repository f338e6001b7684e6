"""State at one address of a server that speaks the protocol of Terraform's `http` backend.

    GET      the state; 404 or 204 where there is none
    POST     replaces it (`update_method`), with `?ID=` of the lock's holder
    LOCK     takes the lock (`lock_method`); 423 or 409 with the holder where it is held
    UNLOCK   gives it back (`unlock_method`)

`bundle` puts all documents of a state into one, `locks` writes and reads locks as Terraform does, `answers`
says what a server's answers mean. The protocol has no condition for a write: where the server sends a strong
ETag and heeds `If-Match`, writes are conditional; elsewhere the lock alone keeps two runs apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.state_place import HttpPlace

if TYPE_CHECKING:
    from reconciler.statestore.backends.http.backend import HttpBackend


def connect(place: HttpPlace, environ: Mapping[str, str], root: Path) -> HttpBackend:
    """Return a connection to the state at `place`; nothing is sent yet. Raises `Failure` where its
    credentials cannot be used.
    """
    from reconciler.statestore.backends.http.access import find
    from reconciler.statestore.backends.http.backend import HttpBackend

    return HttpBackend(find(place, environ, root))
