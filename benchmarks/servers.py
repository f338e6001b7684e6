"""Servers that can keep a state, as the tests start them: those that are at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from benchmarks import clusters
from reconciler.model.state_place import ConsulPlace, HttpPlace, PostgresPlace, S3Place, StatePlace
from tests.backends.http.server import StateServer, serving
from tests.backends.servers import postgres, s3

Place = tuple[StatePlace, Mapping[str, str]]  # and the credentials for it
Start = Callable[[Path], AbstractContextManager[Place | None]]


@contextmanager
def sandbox(folder: Path) -> Iterator[Place | None]:
    """Consul's KV in the sandbox."""
    with clusters.sandbox(folder) as addresses:
        yield ConsulPlace("benchmark", addresses["dc1"]), {}


@contextmanager
def consul(folder: Path) -> Iterator[Place | None]:
    """Consul's KV in a real dev agent."""
    if clusters.consul_binary() is None:
        yield None
        return
    with clusters.consul(folder) as addresses:
        yield ConsulPlace("benchmark", addresses["dc1"]), {}


@contextmanager
def database(folder: Path) -> Iterator[Place | None]:
    """The newest PostgreSQL at hand. Without `fsync`, as the tests run it: a real one waits for its disk."""
    found = postgres.installations()
    if not found:
        yield None
        return
    with postgres.running(found[sorted(found)[-1]]) as server:
        yield PostgresPlace("benchmark"), server.environ


def bucket(name: str) -> Start:
    """A bucket of one of the servers that speak S3's API."""

    @contextmanager
    def start(folder: Path) -> Iterator[Place | None]:
        try:
            with s3.S3_SERVERS[name](folder) as server:
                endpoint = server.endpoint
                yield S3Place(s3.BUCKET, "benchmark", region="us-east-1", endpoint=endpoint), s3.CREDENTIALS
        except pytest.skip.Exception:
            yield None

    return start


@contextmanager
def http(folder: Path) -> Iterator[Place | None]:
    """A server of Terraform's protocol."""
    with serving(StateServer()) as server:
        yield HttpPlace(server.address), {}


STARTS: Mapping[str, Start] = {
    "consul (sandbox)": sandbox,
    "consul (real)": consul,
    "postgres": database,
    "s3 (moto)": bucket("moto"),
    "s3 (versitygw)": bucket("versitygw"),
    "http": http,
}
