"""A state in a container of Azure Blob Storage, on Azurite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state_place import AzurePlace
from reconciler.statestore.backends.objects import connect as connect_objects
from reconciler.statestore.backends.objects.backend import ObjectBackend
from tests.backends.objects.suite import BucketSuite
from tests.backends.servers.azure import ACCOUNT, CONTAINER, KEY, azurite


def backend(port: int, prefix: str, container: str = CONTAINER) -> ObjectBackend:
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    return connect_objects(AzurePlace(ACCOUNT, container, prefix, endpoint), os.environ, Path())


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with azurite(tmp_path_factory.mktemp("azurite")) as found:
        yield found


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)


class TestAzure(BucketSuite):
    """The general behaviour."""

    rounds = 10


async def test_a_container_that_is_not_there_is_said(port: int) -> None:
    with pytest.raises(Failure) as caught:
        await backend(port, "a", "typo").get("head")
    assert (
        caught.value.summary
        == f"cannot use the state in azure://{ACCOUNT}/typo/a: there is no container typo"
    )


async def test_a_wrong_key_is_said_and_not_shown(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "Y2FuYXJ5LWNhbmFyeQ==")
    with pytest.raises(Failure, match="access denied") as caught:
        await backend(port, "a").get("head")
    assert caught.value.cause is Cause.STATE_UNREADABLE
    assert "Y2FuYXJ5" not in f"{caught.value.summary}{caught.value.detail}{caught.value.hint}"


async def test_a_signature_in_an_address_is_not_shown(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_KEY")
    monkeypatch.setenv("AZURE_STORAGE_SAS_KEY", "sv=2023-11-03&ss=b&srt=co&sp=rl&sig=canary-signature%3D")
    with pytest.raises(Failure) as caught:
        await backend(port, "a").get("head")
    assert "canary" not in f"{caught.value.summary}{caught.value.detail}{caught.value.hint}"
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(Failure) as caught:
        await backend(9, "a").get("head")
    assert "canary" not in f"{caught.value.summary}{caught.value.detail}{caught.value.hint}"
