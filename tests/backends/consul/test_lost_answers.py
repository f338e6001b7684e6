"""What was done although no answer came: found by reading, never taken for somebody else's."""

from __future__ import annotations

import pytest

from reconciler.statestore.shared.ports import Conflict, Unsure
from tests.backends.consul.conftest import Place
from tests.backends.servers.proxy import losing_proxy
from tests.backends.suite import run_info


async def test_a_write_whose_answer_is_lost_is_unsure_and_done_once(place: Place) -> None:
    async with losing_proxy(place.server.port) as proxy:
        one = place.connect(f"http://127.0.0.1:{proxy.port}")
        await one.lock(run_info(1))
        for number in range(3):
            proxy.lose(b"/v1/txn")
            with pytest.raises(Unsure):
                await one.create(f"journal/{number}", b"one")
            found = await one.get(f"journal/{number}")
            assert found is not None
            assert found.data == b"one"
            proxy.lose(b"/v1/txn")
            with pytest.raises(Unsure):
                await one.replace(f"journal/{number}", b"two", found.version)
            again = await one.get(f"journal/{number}")
            assert again is not None
            assert again.data == b"two"
            with pytest.raises(Conflict):
                await one.replace(f"journal/{number}", b"three", found.version)
        assert proxy.lost == 6
        await one.unlock()


async def test_a_lock_whose_answer_is_lost_is_held_and_given_back(place: Place) -> None:
    async with losing_proxy(place.server.port) as proxy:
        one, two = place.connect(f"http://127.0.0.1:{proxy.port}"), place.connect()
        proxy.lose(b'"lock"')
        assert await one.lock(run_info(1)) is None
        assert proxy.lost == 1
        assert await two.lock(run_info(2)) == run_info(1)
        await one.create("head", b"one")
        proxy.lose(b"/v1/session/renew")
        with pytest.raises(Unsure):
            await one.renew()
        await one.renew()
        proxy.lose(b'"unlock"')
        with pytest.raises(Unsure):
            await one.unlock()
        assert await two.lock(run_info(2)) is None
        await two.unlock()
        assert place.sessions == []


async def test_a_session_whose_answer_is_lost_holds_nothing(place: Place) -> None:
    async with losing_proxy(place.server.port) as proxy:
        one = place.connect(f"http://127.0.0.1:{proxy.port}")
        proxy.lose(b"/v1/session/create")
        with pytest.raises(Unsure):
            await one.lock(run_info(1))
        assert await one.lock(run_info(1)) is None
        assert place.session
        await one.unlock()
        (left,) = place.sessions
        assert left["TTL"] == "15s", "it ends by itself"
        place.call("PUT", f"/v1/session/destroy/{left['ID']}")


async def test_no_call_is_sent_twice_however_many_there_were(place: Place) -> None:
    """After a hundred calls clients use a transport that repeats a PUT when its connection breaks."""
    async with losing_proxy(place.server.port) as proxy:
        one = place.connect(f"http://127.0.0.1:{proxy.port}")
        version = await one.create("head", b"0")
        for number in range(120):
            version = await one.replace("head", str(number).encode(), version)
        proxy.lose(b"/v1/txn", times=2)
        with pytest.raises(Unsure):
            await one.replace("head", b"last", version)
        assert proxy.lost == 1
