"""The lease in a document: who has it, for how long by whose clock, and what lost answers do to it."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from reconciler.model.failure import Cause, Failure
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.shared.lease import LOCK, MARGIN, TTL, Lease
from reconciler.statestore.shared.ports import Conflict, Document, LostLock, Unsure
from tests.support.tables import each

SKEWS = [-60.0, 0.0, 60.0]  # seconds by which a machine's wall clock is off


def run(name: str) -> LockInfo:
    return LockInfo(f"id-{name}", "apply", "", f"{name}@host", 1, "0", "2026-01-01T00:00:00Z", "mem:")


@dataclass
class World:
    """One store, one time, and machines whose wall clocks differ."""

    time: float = 1_800_000_000.0
    documents: dict[str, Document] = field(default_factory=dict)
    versions: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def machine(self, skew: float = 0.0) -> Machine:
        return Machine(self, skew)


class Machine:
    """One machine's view: its clocks, its lease, and what its network does to the next writes."""

    def __init__(self, world: World, skew: float = 0.0) -> None:
        self.world = world
        self.skew = skew
        self.network: list[str] = []
        self.late: list[Callable[[], None]] = []
        self.writes = 0
        origin = world.time - random.uniform(0, 1e6)
        self.lease = Lease(self, clock=lambda: world.time - origin, now=lambda: world.time + self.skew)

    @property
    def place(self) -> str:
        return "mem:"

    async def get(self, key: str) -> Document | None:
        await asyncio.sleep(0)
        if self.network and self.network[0] == "down":
            raise Failure(Cause.STATE_UNREADABLE, "mem: cannot be reached")
        return self.world.documents.get(key)

    async def create(self, key: str, data: bytes) -> str:
        return await self._write(key, data, None)

    async def replace(self, key: str, data: bytes, version: str) -> str:
        return await self._write(key, data, version)

    async def _write(self, key: str, data: bytes, condition: str | None) -> str:
        await asyncio.sleep(0)
        self.writes += 1
        fate = self.network[0] if self.network else ""
        if fate != "down":
            self.network = self.network[1:]
        if fate in ("down", "request lost"):
            raise Unsure(fate)
        if fate == "late":
            self.late.append(lambda: self._late(key, data, condition))
            raise Unsure(fate)
        version = self._put(key, data, condition)
        if fate == "answer lost":
            raise Unsure(fate)
        if fate == "repeated":  # by something in between: the second one finds the first one's version
            raise Conflict(fate)
        return version

    def _put(self, key: str, data: bytes, condition: str | None) -> str:
        found = self.world.documents.get(key)
        if (found.version if found else None) != condition:
            raise Conflict(key)
        version = str(next(self.world.versions))
        self.world.documents[key] = Document(data, version)
        return version

    def _late(self, key: str, data: bytes, condition: str | None) -> None:
        with suppress(Conflict):
            self._put(key, data, condition)

    def arrive(self) -> None:
        """What was under way arrives now."""
        while self.late:
            self.late.pop(0)()


async def held_by(world: World) -> str:
    holder = await world.machine().lease.holder()
    return holder.id if holder else ""


async def test_one_run_has_it_and_the_next_is_told_who() -> None:
    world = World()
    one, two = world.machine(), world.machine()
    assert await one.lease.lock(run("one")) is None
    assert await two.lease.lock(run("two")) == run("one")
    assert await held_by(world) == "id-one"


async def test_given_back_it_is_free_at_once_and_its_document_stays() -> None:
    world = World()
    one, two = world.machine(), world.machine()
    await one.lease.lock(run("one"))
    await one.lease.unlock()
    assert await held_by(world) == ""
    assert LOCK in world.documents
    assert await two.lease.lock(run("two")) is None


async def test_two_runs_of_one_process_exclude_each_other() -> None:
    machine = World().machine()
    await machine.lease.lock(run("one"))
    assert await machine.lease.lock(run("two")) == run("one")
    await machine.lease.renew()


@pytest.mark.parametrize("fate", ["answer lost", "repeated"])
@pytest.mark.parametrize("before", ["nothing", "a free lock"])
async def test_a_lock_whose_answer_is_lost_is_held_after_one_write(fate: str, before: str) -> None:
    world = World()
    if before == "a free lock":
        other = world.machine()
        await other.lease.lock(run("other"))
        await other.lease.unlock()
    one = world.machine()
    one.network = [fate]
    assert await one.lease.lock(run("one")) is None
    assert one.writes == 1
    await one.lease.renew()


async def test_a_request_that_never_arrived_leaves_it_open() -> None:
    world = World()
    one = world.machine()
    one.network = ["request lost"]
    with pytest.raises(Unsure):
        await one.lease.lock(run("one"))
    assert await held_by(world) == ""
    assert await one.lease.lock(run("one")) is None


async def test_a_lock_that_arrives_after_its_run_gave_up_is_recognized() -> None:
    world = World()
    one = world.machine()
    one.network = ["late"]
    with pytest.raises(Unsure):
        await one.lease.lock(run("one"))
    one.arrive()
    assert await one.lease.lock(run("one")) is None


@pytest.mark.parametrize("fate", ["answer lost", "repeated"])
async def test_a_renewal_whose_answer_is_lost_is_done_once(fate: str) -> None:
    one = World().machine()
    await one.lease.lock(run("one"))
    one.network = [fate]
    await one.lease.renew()
    assert one.writes == 2
    await one.lease.renew()


async def test_a_renewal_that_arrives_late_is_no_conflict() -> None:
    one = World().machine()
    await one.lease.lock(run("one"))
    one.network = ["late"]
    with pytest.raises(Unsure):
        await one.lease.renew()
    one.arrive()
    await one.lease.renew()
    await one.lease.unlock()
    assert await held_by(one.world) == ""


@pytest.mark.parametrize("fate", ["answer lost", "repeated", "request lost"])
async def test_it_is_given_back_even_if_the_answer_or_the_request_is_lost(fate: str) -> None:
    one = World().machine()
    await one.lease.lock(run("one"))
    one.network = [fate]
    await one.lease.unlock()
    assert await held_by(one.world) == ""


@pytest.mark.parametrize("holder", SKEWS)
@pytest.mark.parametrize("other", SKEWS)
async def test_a_run_that_does_not_wait_never_takes_a_lease_that_is_renewed(
    holder: float, other: float
) -> None:
    world = World()
    one = world.machine(holder)
    await one.lease.lock(run("one"))
    for _ in range(40):
        world.time += one.lease.renew_every
        assert await world.machine(other).lease.lock(run("two")) == run("one")
        await one.lease.renew()


@pytest.mark.parametrize("holder", SKEWS)
@pytest.mark.parametrize("other", SKEWS)
async def test_a_run_that_does_not_wait_takes_over_only_after_the_end_by_every_clock(
    holder: float, other: float
) -> None:
    world = World()
    one = world.machine(holder)
    await one.lease.lock(run("one"))
    began = world.time
    while (await world.machine(other).lease.lock(run("two"))) is not None:
        world.time += 1
    assert TTL < world.time - began <= TTL + 2 * MARGIN + 1


@pytest.mark.parametrize("skew", [-1e6, -60.0, 0.0, 60.0])
async def test_a_waiting_run_takes_over_after_one_ttl_by_its_own_clock(skew: float) -> None:
    world = World()
    dead = world.machine(1e6)
    await dead.lease.lock(run("dead"))
    waiting, began = world.machine(skew), world.time
    while await waiting.lease.lock(run("waiting")) is not None:
        world.time += 0.5
    assert TTL < world.time - began <= TTL + 1


@pytest.mark.parametrize("skew", SKEWS)
async def test_a_waiting_run_never_takes_over_what_is_renewed(skew: float) -> None:
    world = World()
    one, waiting = world.machine(), world.machine(skew)
    await one.lease.lock(run("one"))
    for tick in range(400):
        world.time += one.lease.renew_every / 4
        if tick % 4 == 0:
            await one.lease.renew()
        assert await waiting.lease.lock(run("waiting")) == run("one")


async def test_who_was_taken_over_is_told_at_the_next_renewal() -> None:
    world = World()
    one, two = world.machine(), world.machine()
    await one.lease.lock(run("one"))
    world.time += TTL + MARGIN + 1
    assert await two.lease.lock(run("two")) is None
    with pytest.raises(LostLock, match=r"two@host \(id-two\)"):
        await one.lease.renew()
    with pytest.raises(LostLock):
        await one.lease.renew()
    await one.lease.unlock()
    assert await held_by(world) == "id-two"


async def test_a_late_renewal_keeps_what_nobody_took() -> None:
    world = World()
    one = world.machine()
    await one.lease.lock(run("one"))
    world.time += 10 * TTL
    await one.lease.renew()
    assert await world.machine().lease.lock(run("two")) == run("one")


async def test_a_renewal_that_was_under_way_during_a_takeover_changes_nothing() -> None:
    world = World()
    one, two = world.machine(), world.machine()
    await one.lease.lock(run("one"))
    one.network = ["late"]
    with pytest.raises(Unsure):
        await one.lease.renew()
    world.time += TTL + MARGIN + 1
    assert await two.lease.lock(run("two")) is None
    one.arrive()
    await two.lease.renew()
    assert await held_by(world) == "id-two"


async def test_a_store_that_cannot_be_asked_leaves_it_open_for_one_ttl() -> None:
    one = World().machine()
    await one.lease.lock(run("one"))
    one.network = ["down"]
    one.world.time += TTL
    with pytest.raises(Unsure):
        await one.lease.renew()
    one.world.time += 1
    with pytest.raises(LostLock, match="30 seconds"):
        await one.lease.renew()


async def test_a_broken_lock_is_free_and_its_run_is_told() -> None:
    world = World()
    one = world.machine()
    await one.lease.lock(run("one"))
    assert await world.machine().lease.break_lock("id-one") is True
    assert await held_by(world) == ""
    with pytest.raises(LostLock, match="broken"):
        await one.lease.renew()


@pytest.mark.parametrize("wrong", ["id-on", "id-one ", "ID-ONE", "id-two", ""])
async def test_only_the_exact_id_breaks_a_lock(wrong: str) -> None:
    world = World()
    one = world.machine()
    await one.lease.lock(run("one"))
    assert await world.machine().lease.break_lock(wrong) is False
    await one.lease.renew()


async def test_nothing_is_broken_where_nothing_is_locked() -> None:
    world = World()
    assert await world.machine().lease.break_lock("id-one") is False
    one = world.machine()
    await one.lease.lock(run("one"))
    await one.lease.unlock()
    assert await world.machine().lease.break_lock("id-one") is False


@pytest.mark.parametrize("fate", ["answer lost", "repeated", "request lost"])
async def test_a_lock_is_broken_whatever_the_network_does(fate: str) -> None:
    world = World()
    await world.machine().lease.lock(run("one"))
    breaker = world.machine()
    breaker.network = [fate]
    assert await breaker.lease.break_lock("id-one") is True
    assert await held_by(world) == ""


async def test_a_lock_that_cannot_be_freed_is_a_failure_with_its_run() -> None:
    world = World()
    await world.machine().lease.lock(run("one"))
    breaker = world.machine()
    breaker.network = ["request lost"] * 100
    with pytest.raises(Failure) as caught:
        await breaker.lease.break_lock("id-one")
    assert caught.value.cause is Cause.STATE_UNWRITABLE
    assert "id-one" in caught.value.detail


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b'{"nonce": 1}', b"[" * 100_000])
async def test_a_lock_that_cannot_be_read_is_held_until_somebody_waited(data: bytes) -> None:
    world = World()
    world.documents[LOCK] = Document(data, "0")
    world.time += 1e7
    waiting = world.machine()
    holder = await waiting.lease.lock(run("waiting"))
    assert holder is not None
    assert holder.id == ""
    world.time += TTL + 1
    assert await waiting.lease.lock(run("waiting")) is None


@each("before", ["nothing", "free", "over"])
@each("seed", range(10))
async def test_of_sixteen_runs_one_gets_it(before: str, seed: int) -> None:
    random.seed(seed)
    world = World()
    if before != "nothing":
        old = world.machine()
        await old.lease.lock(run("old"))
        if before == "free":
            await old.lease.unlock()
        world.time += 10 * MARGIN
    machines = [world.machine(random.choice(SKEWS)) for _ in range(16)]
    for machine in machines:
        machine.network = random.choices(["", "answer lost", "repeated"], k=3)
    results = await asyncio.gather(*(m.lease.lock(run(str(i))) for i, m in enumerate(machines)))
    assert results.count(None) == 1
    assert await held_by(world) == f"id-{results.index(None)}"
