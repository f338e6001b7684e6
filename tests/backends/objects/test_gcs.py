"""A state in a bucket of Google Cloud Storage: an emulator behind a translator, see `servers.gcs`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from reconciler.model.failure import Failure
from reconciler.model.state_place import GcsPlace
from reconciler.statestore.backends.objects import connect as connect_objects
from reconciler.statestore.backends.objects.backend import ObjectBackend
from tests.backends.objects.suite import BucketSuite
from tests.backends.servers.gcs import BUCKET, fake_gcs_server, translator


def backend(port: int, prefix: str, bucket: str = BUCKET) -> ObjectBackend:
    return connect_objects(GcsPlace(bucket, prefix, f"http://127.0.0.1:{port}"), os.environ, Path())


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with fake_gcs_server(tmp_path_factory.mktemp("gcs")) as found:
        yield found


@pytest.fixture
async def port(emulator: int) -> AsyncIterator[int]:
    async with translator(emulator) as found:
        yield found


@pytest.fixture(autouse=True)
def _anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "canary-token")


class TestGcs(BucketSuite):
    """The general behaviour."""

    rounds = 10


async def test_a_bucket_that_is_not_there_is_said(port: int) -> None:
    with pytest.raises(Failure, match="there is no bucket typo"):
        await backend(port, "a", "typo").get("head")
