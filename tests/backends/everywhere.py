"""Every place that can keep a state on this machine, by name: a directory, and each server that is at hand.

Real Consuls are named by their version (`consul 1.22`): the newest of CONSUL_BIN_DIR, and the oldest that
reconciler works with.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.servers import STARTS, Place, Start
from reconciler.model.state_place import (
    AzurePlace,
    ConsulPlace,
    LocalPlace,
    PostgresPlace,
    S3Place,
    StatePlace,
)
from tests.backends.servers import azure
from tests.support.agents import Agent, binaries, in_order

_FOUND = binaries()
VERSIONS = list(dict.fromkeys(in_order(_FOUND)[:1] + in_order(_FOUND)[-1:]))


@contextmanager
def _directory(folder: Path) -> Iterator[Place | None]:
    yield LocalPlace("state"), {}


@contextmanager
def _consul(version: str, folder: Path) -> Iterator[Place | None]:
    agent = Agent("c1", "dc1", _FOUND[version], folder)
    try:
        agent.start()
        agent.wait()
        yield ConsulPlace("tests", agent.address), {}
    finally:
        agent.stop()


@contextmanager
def _container(folder: Path) -> Iterator[Place | None]:
    try:
        with azure.azurite(folder) as port:
            endpoint = f"http://127.0.0.1:{port}/{azure.ACCOUNT}"
            place = AzurePlace(azure.ACCOUNT, azure.CONTAINER, "tests", endpoint)
            yield place, {"AZURE_STORAGE_ACCOUNT_KEY": azure.KEY}
    except pytest.skip.Exception:
        yield None


_REAL = {f"consul {version}": partial(_consul, version) for version in VERSIONS}
EVERYWHERE: Mapping[str, Start] = {
    "local": _directory,
    **{name: start for name, start in STARTS.items() if name != "consul (real)"},
    "azure": _container,
    **_REAL,
}


def params(*without: str) -> list[Any]:
    """Return all names for a test that takes each; those of real Consuls are marked."""
    real = [pytest.param(name, marks=pytest.mark.live) for name in _REAL]
    return [name for name in EVERYWHERE if name not in _REAL and name not in without] + real


@contextmanager
def served(name: str, folder: Path) -> Iterator[Place]:
    """Start one. Skips the test where the server is not at hand."""
    folder.mkdir(parents=True, exist_ok=True)
    with EVERYWHERE[name](folder) as place:
        if place is None:
            pytest.skip(f"no {name}")
        yield place


@contextmanager
def started(name: str, folder: Path) -> Iterator[Place]:
    """Do the same, with its credentials in the environment: libraries of clouds read that."""
    with served(name, folder) as place, credentials(place[1]):
        yield place


@contextmanager
def credentials(environ: Mapping[str, str]) -> Iterator[None]:
    """Put these, and no others of clouds and databases, into the environment of this process."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("AWS_", "GOOGLE_", "AZURE_", "PG"))]:
        del os.environ[name]
    os.environ.update(environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def fresh(place: StatePlace) -> StatePlace:
    """Return another place on the same server, which nothing was written to; HTTP has but one."""
    name = f"t{uuid.uuid4().hex}"
    match place:
        case LocalPlace() | ConsulPlace():
            return replace(place, path=name)
        case PostgresPlace():
            return replace(place, name=name)
        case S3Place() | AzurePlace():
            return replace(place, prefix=name)
        case _:
            return place
