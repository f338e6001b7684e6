"""The general behaviour of stores (tests/unit/statestore/test_conformance and audit/test_log), for servers.

A module of tests takes them with `globals().update(general_tests())` and gives the fixture `make`: from a
snapshot, or from nothing, a store at a fresh place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reconciler.statestore.ports import StateStore
from tests.backends.suite import MemoryServer, seed
from tests.unit.statestore import test_conformance as general
from tests.unit.statestore.audit import test_log as audit

Make = Callable[[bytes | None], StateStore]


def general_tests() -> dict[str, Any]:
    """Return the tests that any store can take, and the fixture that they need besides `make`."""
    found = {
        name: test
        for name, test in {**vars(audit), **vars(general)}.items()
        if name.startswith("test_") and {"store", "make"} & set(inspect.signature(test).parameters)
    }
    assert len(found) > 25, "the general tests are not where they were"
    return {**found, "store": store}


@pytest.fixture
def store(make: Make) -> StateStore:
    return make(None)


def documents_of(snapshot: bytes) -> Mapping[str, bytes]:
    """Return the documents of a state that has this snapshot alone."""
    server = MemoryServer()
    seed(server, snapshot)
    return {key: document.data for key, document in server.documents.items()}
