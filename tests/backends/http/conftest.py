"""States at an address of servers of several kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.state_place import HttpPlace
from reconciler.statestore.backends.http import connect as connect_http
from reconciler.statestore.backends.http.backend import HttpBackend
from tests.backends.http.server import LOCK, StateServer, serving
from tests.backends.suite import Connect


@dataclass
class Place:
    """A server. `connect` gives connections that are closed after the test."""

    server: StateServer
    made: list[HttpBackend] = field(default_factory=list)

    def connect(self, password: str | None = None, **more: Any) -> HttpBackend:
        """Return another connection, as another machine has."""
        address, server = self.server.address, self.server
        if server.separate:
            more |= {"lock_address": address + LOCK, "lock_method": "POST", "unlock_method": "DELETE"}
        given = server.password if password is None else password
        environ = {"RECONCILER_HTTP_PASSWORD": given} if given else {}
        self.made.append(connect_http(HttpPlace(address, username="team", **more), environ, Path()))
        return self.made[-1]


MakePlace = Callable[..., Place]


@pytest.fixture
async def make_place() -> AsyncIterator[MakePlace]:
    """Start servers as they are asked for."""
    made: list[Place] = []
    with ExitStack() as stack:

        def make(**kind: Any) -> Place:
            made.append(Place(stack.enter_context(serving(StateServer(**kind)))))
            return made[-1]

        yield make
        for place in made:
            for backend in place.made:
                await backend.close()


@pytest.fixture
def place(make_place: MakePlace) -> Place:
    return make_place()


@pytest.fixture
def connect(place: Place) -> Connect:
    return place.connect
