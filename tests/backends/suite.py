"""What every backend of a shared state must do, and a server in memory that does it.

A backend's tests give `Connect`: each call is another connection to one fresh place, as another machine has.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pytest

from reconciler.statestore.holder import LockInfo
from reconciler.statestore.shared.head import HEAD, Head, Snapshot
from reconciler.statestore.shared.packing import packed
from reconciler.statestore.shared.ports import Backend, Conflict, Document, LostLock, Unreached, Unsure
from reconciler.statestore.text import codec


class Connect(Protocol):
    """Gives a connection to the place under test."""

    def __call__(self) -> Backend: ...


def seed(server: MemoryServer, text: bytes) -> None:
    """Put a snapshot into a fresh place."""
    state, checksum = codec.unseal(text)
    digest = hashlib.sha256(text).hexdigest()
    snapshot = Snapshot("generations/000000-seed", state.serial, 1, len(text), digest, checksum)
    head = Head(state.lineage, "seed", 0, (snapshot,))
    server.documents[snapshot.documents[0]] = Document(packed(text), server.version())
    server.documents[HEAD] = Document(head.document(), server.version())


def run_info(number: int = 0) -> LockInfo:
    """Return a run that asks for a lock; two of the same number are the same run."""
    return LockInfo(f"run-{number:04d}", "apply", "", f"writer-{number}@test", 1, "0", "", "")


@dataclass
class MemoryServer:
    """Documents and a lock that expires, by a clock that tests move. One place."""

    documents: dict[str, Document] = field(default_factory=dict)
    clock: Callable[[], float] = lambda: 0.0
    away: bool = False
    unreached: bool = False  # while it is away: it takes no connections
    holder: LockInfo | None = None
    token: object = None
    expires: float = 0.0
    requests: int = 0
    versions: int = 0

    def connect(self) -> MemoryBackend:
        """Return another connection."""
        return MemoryBackend(self)

    def version(self) -> str:
        """Return a version that no document had."""
        self.versions += 1
        return str(self.versions)


class MemoryBackend:
    """Implements `Backend`. Writes are tied to the lock where this connection took it."""

    renew_every = 5.0
    asks_by_locking = False
    ttl = 15.0

    def __init__(self, server: MemoryServer, largest: int = 64 << 10) -> None:
        self.server = server
        self.place = "memory:test"
        self.largest = largest
        self._token: object | None = None

    async def get(self, key: str) -> Document | None:
        await self._turn()
        return self.server.documents.get(key)

    async def create(self, key: str, data: bytes) -> str:
        await self._turn()
        self._check_lock()
        if key in self.server.documents:
            raise Conflict(key)
        return self._put(key, data)

    async def replace(self, key: str, data: bytes, version: str) -> str:
        await self._turn()
        self._check_lock()
        found = self.server.documents.get(key)
        if found is None or found.version != version:
            raise Conflict(key)
        return self._put(key, data)

    async def delete(self, key: str) -> None:
        await self._turn()
        self._check_lock()
        self.server.documents.pop(key, None)

    async def keys(self, prefix: str) -> Sequence[str]:
        await self._turn()
        return sorted(key for key in self.server.documents if key.startswith(prefix))

    async def lock(self, run: LockInfo) -> LockInfo | None:
        await self._turn()
        server = self.server
        if server.holder is not None and server.clock() < server.expires and server.token is not self._token:
            return server.holder
        self._token = server.token = object()
        server.holder, server.expires = run, server.clock() + self.ttl
        return None

    async def renew(self) -> None:
        await self._turn()
        self._check_lock(required=True)
        self.server.expires = self.server.clock() + self.ttl

    async def unlock(self) -> None:
        await self._turn()
        if self._token is not None and self.server.token is self._token:
            self.server.holder = self.server.token = None
        self._token = None

    async def holder(self) -> LockInfo | None:
        await self._turn()
        return self.server.holder if self.server.clock() < self.server.expires else None

    async def break_lock(self, run_id: str) -> bool:
        await self._turn()
        if self.server.holder is None or self.server.holder.id != run_id:
            return False
        self.server.holder = self.server.token = None
        return True

    async def close(self) -> None:
        pass

    def _put(self, key: str, data: bytes) -> str:
        assert len(data) <= self.largest, f"{key} has {len(data)} bytes"
        version = self.server.version()
        self.server.documents[key] = Document(data, version)
        return version

    def _check_lock(self, *, required: bool = False) -> None:
        if self._token is None and not required:
            return
        if self.server.token is not self._token or self.server.clock() >= self.server.expires:
            raise LostLock("it expired or was broken")

    async def _turn(self) -> None:
        """Let others in between, as a network does."""
        self.server.requests += 1
        await asyncio.sleep(0)
        if self.server.away:
            raise (Unreached if self.server.unreached else Unsure)("connection refused")


class LosesUpdates(MemoryBackend):
    """Answers every single question rightly and loses updates in races: compares, waits, and then writes."""

    async def replace(self, key: str, data: bytes, version: str) -> str:
        found = await self.get(key)
        if found is None or found.version != version:
            raise Conflict(key)
        await asyncio.sleep(0)
        return self._put(key, data)

    async def create(self, key: str, data: bytes) -> str:
        if await self.get(key) is not None:
            raise Conflict(key)
        await asyncio.sleep(0)
        return self._put(key, data)


class LosesAnswers(MemoryBackend):
    """Does what it is asked and says that no answer came, for the writes that `lost` counts down."""

    lost = 0

    async def create(self, key: str, data: bytes) -> str:
        return self._answer(await super().create(key, data))

    async def replace(self, key: str, data: bytes, version: str) -> str:
        return self._answer(await super().replace(key, data, version))

    def _answer(self, version: str) -> str:
        if self.lost > 0:
            self.lost -= 1
            raise Unsure("the connection was closed")
        return version


class BackendSuite:
    """The general behaviour. A subclass gives the fixtures `connect` and, where locks expire, `expire`."""

    rounds = 25
    writers = 16

    async def test_a_document_is_read_as_it_was_written(self, connect: Connect) -> None:
        one = connect()
        assert await one.get("head") is None
        version = await one.create("head", b"a\x00b")
        found = await one.get("head")
        assert found == Document(b"a\x00b", version)
        await one.close()

    async def test_a_document_is_created_once(self, connect: Connect) -> None:
        one, two = connect(), connect()
        await one.create("head", b"one")
        with pytest.raises(Conflict):
            await two.create("head", b"two")
        found = await two.get("head")
        assert found is not None
        assert found.data == b"one"
        await _close(one, two)

    async def test_an_old_version_cannot_be_replaced(self, connect: Connect) -> None:
        one, two = connect(), connect()
        first = await one.create("head", b"one")
        second = await two.replace("head", b"two", first)
        with pytest.raises(Conflict):
            await one.replace("head", b"three", first)
        assert await one.get("head") == Document(b"two", second)
        await _close(one, two)

    async def test_what_does_not_exist_cannot_be_replaced(self, connect: Connect) -> None:
        one = connect()
        version = await one.create("head", b"one")
        await one.delete("head")
        with pytest.raises(Conflict):
            await one.replace("head", b"two", version)
        assert await one.get("head") is None
        await one.close()

    async def test_keys_are_listed_by_what_they_begin_with(self, connect: Connect) -> None:
        one = connect()
        keys = ["generations/000001-a/0", "generations/000001-a/1", "generations/000002-b/0", "head"]
        for key in keys:
            await one.create(key, b"x")
        assert list(await one.keys("generations/")) == keys[:3]
        assert list(await one.keys("journal/")) == []
        await one.delete(keys[0])
        await one.delete("generations/000009-z/0")  # fine where there is none
        assert list(await one.keys("generations/")) == keys[1:3]
        await one.close()

    async def test_the_largest_document_fits(self, connect: Connect) -> None:
        one = connect()
        size = min(one.largest, 5 << 20)
        data = os.urandom(size)
        await one.create("generations/000001-a/0", data)
        found = await one.get("generations/000001-a/0")
        assert found is not None
        assert found.data == data
        await one.close()

    async def test_of_many_that_create_one_succeeds(self, connect: Connect) -> None:
        everyone = [connect() for _ in range(self.writers)]
        for round_ in range(self.rounds):
            key = f"journal/{round_}"
            made = await _race(everyone, lambda one, data, key=key: one.create(key, data))
            await _one_winner(everyone[0], key, made)
        await _close(*everyone)

    async def test_of_many_that_replace_one_succeeds(self, connect: Connect) -> None:
        everyone = [connect() for _ in range(self.writers)]
        version = await everyone[0].create("head", b"begin")
        for _ in range(self.rounds):
            made = await _race(everyone, lambda one, data, at=version: one.replace("head", data, at))
            version = await _one_winner(everyone[0], "head", made)
        await _close(*everyone)

    async def test_a_lock_has_one_holder_whom_others_see(self, connect: Connect) -> None:
        one, two = connect(), connect()
        assert await one.holder() is None
        assert await one.lock(run_info(1)) is None
        seen = await two.lock(run_info(2))
        assert seen is not None
        assert (seen.id, seen.who) == ("run-0001", "writer-1@test")
        assert await two.holder() == seen
        await one.renew()
        await one.unlock()
        assert await two.holder() is None
        assert await two.lock(run_info(2)) is None
        await two.unlock()
        await _close(one, two)

    async def test_of_many_one_gets_the_lock(self, connect: Connect) -> None:
        for round_ in range(max(3, self.rounds // 5)):
            everyone = [connect() for _ in range(self.writers)]
            runs = [run_info(100 * round_ + number) for number in range(self.writers)]
            tries = [one.lock(run) for one, run in zip(everyone, runs, strict=True)]
            holders = await asyncio.gather(*tries)
            winners = [number for number, holder in enumerate(holders) if holder is None]
            assert len(winners) == 1
            await everyone[winners[0]].renew()
            await everyone[winners[0]].unlock()
            await _close(*everyone)

    async def test_the_holder_writes_and_after_a_break_does_not_renew(self, connect: Connect) -> None:
        one, two = connect(), connect()
        await one.lock(run_info(1))
        version = await one.create("head", b"one")
        version = await one.replace("head", b"two", version)
        assert not await two.break_lock("run-9999")
        await one.renew()
        assert await two.break_lock("run-0001")
        with pytest.raises(LostLock):
            await one.renew()
        await one.unlock()
        await _close(one, two)

    async def test_who_breaks_a_lock_can_take_it(self, connect: Connect) -> None:
        one, two = connect(), connect()
        await one.lock(run_info(1))
        assert await two.break_lock("run-0001")
        await taken(two, run_info(2))
        await one.unlock()  # of a lock that is lost: does not free the other's
        seen = await one.holder()
        assert seen is not None
        assert seen.id == "run-0002"
        await two.unlock()
        await _close(one, two)


async def taken(backend: Backend, run: LockInfo, tries: int = 300) -> None:
    """Take a lock that becomes free soon (Consul has a lock delay after a session ended)."""
    for _ in range(tries):
        if await backend.lock(run) is None:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("the lock did not become free")


async def _race(
    everyone: Sequence[Backend], write: Callable[[Backend, bytes], Awaitable[str]]
) -> list[bytes]:
    """Let all write at once; return the contents of those that were told that they had succeeded."""

    async def attempt(number: int, one: Backend) -> bytes | None:
        data = f"{number}-{os.urandom(8).hex()}".encode()
        try:
            await write(one, data)
        except (Conflict, Unsure):
            return None
        return data

    ended = await asyncio.gather(*(attempt(number, one) for number, one in enumerate(everyone)))
    return [data for data in ended if data is not None]


async def _one_winner(backend: Backend, key: str, made: list[bytes]) -> str:
    found = await backend.get(key)
    assert found is not None
    assert made == [found.data], f"{len(made)} writers succeeded"
    return found.version


async def _close(*backends: Backend) -> None:
    for one in backends:
        await one.close()
