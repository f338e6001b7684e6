"""States of 5 MiB, and writers whose clocks are a minute off, on every server at hand."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.statestore.factory import open_store
from reconciler.statestore.ports import StateStore
from tests.backends.everywhere import params, started
from tests.backends.skewed import TTL, by_another_clock

PARTS, PART = 4, 983_040  # bytes that do not compress; 5 MiB as text
SKEW = 60.0  # seconds


def address(number: int) -> Address:
    return Address("service_intentions", "dc1", f"writer-{number}")


@pytest.mark.parametrize("name", params())
async def test_a_state_of_five_mebibytes(name: str, tmp_path: Path) -> None:
    texts = [base64.b64encode(os.urandom(PART)).decode() for _ in range(PARTS)]
    with started(name, tmp_path / "server") as (place, environ):
        store = open_store(place, root=tmp_path, environ=environ)
        session = await store.open("apply")
        for number, text in enumerate(texts):
            one = Recorded(address(number), {"Text": text}, "consul")
            await session.intent(Recorded(one.address, {}, "consul", pending="create"))
            await session.applied(one)
        left = await open_store(place, root=tmp_path, environ=environ).read()
        await session.commit()
        await session.applied(Recorded(address(0), {}, "consul"))
        await session.commit()
        await session.close()
        state = await store.read()
        assert [one.body.get("Text") for one in left.resources.values()] == texts, "not committed yet"
        assert [one.body.get("Text") for one in state.resources.values()] == [None, *texts[1:]]
        assert [one.body.get("Text") for one in (await store.generation(1)).resources.values()] == texts
        assert [one.size > 5 << 20 for one in await store.history()] == [False, True]
        assert [check for check in await store.verify() if check.problem] == []


@pytest.mark.parametrize("name", params("local"))
async def test_clocks_that_are_a_minute_off(name: str, tmp_path: Path) -> None:
    inside: list[float] = []

    async def commit(store: StateStore, skew: float) -> None:
        session = await store.open("apply")
        assert not inside, "two writers hold the lock"
        inside.append(skew)
        await session.applied(Recorded(address(0), {}, "consul", version=session.state.serial + 1))
        await session.commit()
        inside.remove(skew)
        await session.close()

    with started(name, tmp_path / "server") as (place, environ):
        stores = {skew: by_another_clock(place, tmp_path, environ, skew) for skew in (SKEW, -SKEW)}
        for _ in range(5):
            await asyncio.gather(*(commit(store, skew) for skew, store in stores.items()))
        assert (await stores[SKEW].read()).serial == 10


@pytest.mark.parametrize("skew", [SKEW, -SKEW])
@pytest.mark.parametrize("name", params("local"))
async def test_a_lock_that_is_held_is_not_taken_by_another_clock(
    name: str, skew: float, tmp_path: Path
) -> None:
    with started(name, tmp_path / "server") as (place, environ):
        session = await by_another_clock(place, tmp_path, environ, -skew).open("apply")
        other = by_another_clock(place, tmp_path, environ, skew)
        other._lock_timeout = 2 * TTL  # type: ignore[attr-defined]
        with pytest.raises(Failure) as caught:
            await other.open("apply")
        assert caught.value.cause is Cause.STATE_LOCKED
        await session.applied(Recorded(address(0), {}, "consul"))
        assert (await session.commit()).serial == 1
        await session.close()
