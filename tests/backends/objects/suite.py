"""What every bucket must do beyond the general behaviour: lost answers, leases, listing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.statestore.backends.objects.backend import ObjectBackend
from reconciler.statestore.shared.lease import TTL, Lease
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure
from tests.backends.servers.proxy import losing_proxy
from tests.backends.suite import BackendSuite, Connect, run_info

Through = Callable[[int], ObjectBackend]  # another connection to the same place, by way of this port


class BucketSuite(BackendSuite):
    """A subclass gives the fixtures `connect`, `port` (the server's) and `through`."""

    async def test_a_write_whose_answer_is_lost_is_unsure_and_done_once(
        self, port: int, through: Through
    ) -> None:
        async with losing_proxy(port) as proxy:
            one = through(proxy.port)
            assert await one.get("head") is None
            proxy.lose(b"PUT ", 2)
            for data in (b"one", b"again"):
                with pytest.raises(Unsure):
                    await one.create("head", data)
            found = await one.get("head")
            assert found is not None
            assert found.data == b"one"
            proxy.lose(b"PUT ")
            with pytest.raises(Unsure):
                await one.replace("head", b"two", found.version)
            again = await one.get("head")
            assert again is not None
            assert again.data == b"two"
            with pytest.raises(Conflict):
                await one.replace("head", b"three", found.version)
            assert proxy.lost == 3

    async def test_a_lock_whose_answer_is_lost_is_held_and_given_back(
        self, port: int, through: Through, connect: Connect
    ) -> None:
        async with losing_proxy(port) as proxy:
            one, two = through(proxy.port), connect()
            for number in range(3):
                proxy.lose(b"PUT ")
                assert await one.lock(run_info(number)) is None
                proxy.lose(b"PUT ")
                await one.renew()
                assert await two.holder() == run_info(number)
                proxy.lose(b"PUT ")
                await one.unlock()
                assert await two.holder() is None
            assert proxy.lost == 9

    async def test_a_read_whose_answer_is_lost_is_repeated(self, port: int, through: Through) -> None:
        async with losing_proxy(port) as proxy:
            one = through(proxy.port)
            version = await one.create("head", b"one")
            proxy.lose(b"GET ", 2)
            assert await one.get("head") == Document(b"one", version)
            assert proxy.lost == 2

    async def test_a_lease_that_is_not_renewed_is_taken_over(self, port: int, through: Through) -> None:
        dead, waiting = through(port), through(port)
        now = 0.0
        waiting.lease = Lease(waiting, clock=lambda: now)
        assert await dead.lock(run_info(1)) is None
        assert await waiting.lock(run_info(2)) == run_info(1)
        now += TTL
        assert await waiting.lock(run_info(2)) == run_info(1)
        now += 1
        assert await waiting.lock(run_info(2)) is None
        with pytest.raises(LostLock, match="writer-2@test"):
            await dead.renew()
        await dead.unlock()
        assert await waiting.holder() == run_info(2)

    async def test_many_documents_are_listed(self, connect: Connect) -> None:
        one = connect()
        keys = [f"journal/{number:06d}/0" for number in range(40)]
        for key in reversed(keys):
            await one.create(key, b"x")
        assert await one.keys("journal/") == keys
        assert await one.keys("journal/00003") == keys[30:]
        assert await one.keys("jour") == keys
        assert await one.keys("journal/1") == []
