"""A state on a server: fenced, without lost or doubled writes; and what is left where writing fails."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.auditing.entry import BrokenLock
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import Owner, State
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.sensitive import Sensitive
from reconciler.statestore.holder import LockInfo
from reconciler.statestore.shared import looking
from reconciler.statestore.shared.head import HEAD, Head
from reconciler.statestore.shared.medium import TAIL
from reconciler.statestore.shared.ports import Backend, Document, Unsure
from reconciler.statestore.shared.reading import Found
from reconciler.statestore.shared.store import SharedStore
from tests.backends.suite import LosesAnswers, MemoryBackend, MemoryServer, run_info
from tests.support.virtual import CLOCK, virtual_time
from tests.unit.statestore.samples import PEERING, recorded


@pytest.fixture(autouse=True)
async def instant() -> AsyncIterator[None]:
    """No test waits: the clock jumps to the next timer."""
    with virtual_time(CLOCK):
        yield


@pytest.fixture
def server() -> MemoryServer:
    """A server whose clock is that of the loop."""
    return MemoryServer(clock=CLOCK)


@pytest.fixture
def store(server: MemoryServer, tmp_path: Path) -> SharedStore:
    """A state on it."""
    return at(server, tmp_path)


def at(server: MemoryServer, tmp_path: Path, *, timeout: float = 0.0) -> SharedStore:
    return SharedStore(
        "memory:test", server.connect, rescue=tmp_path / "rescue", lock_timeout=timeout, clock=CLOCK
    )


def intention(number: int) -> Address:
    return Address("service_intentions", "dc1", f"api-{number}")


def head(server: MemoryServer) -> Head:
    return Head.parse(server.documents[HEAD].data)


async def test_lines_that_come_together_are_written_together(
    server: MemoryServer, store: SharedStore
) -> None:
    session = await store.open("apply")
    before = server.versions
    async with asyncio.TaskGroup() as group:
        for number in range(50):
            group.create_task(session.intent(recorded(intention(number), pending="create")))
    assert server.versions - before <= 3
    assert len((await store.read()).resources) == 50
    await session.close()


async def test_outcomes_that_nothing_waits_for_are_written_within_a_second(
    server: MemoryServer, store: SharedStore
) -> None:
    session = await store.open("apply")
    before = server.versions
    for number in range(50):
        await session.applied(recorded(intention(number)))
    assert server.versions == before
    await asyncio.sleep(1.1)
    assert server.versions == before + 1
    assert len((await store.read()).resources) == 50
    await session.close()


async def test_closing_writes_what_is_still_waiting(store: SharedStore) -> None:
    session = await store.open("apply")
    await session.applied(recorded())
    await session.close()
    assert PEERING in (await store.read()).resources


async def test_a_long_journal_goes_into_documents_of_its_own_and_is_removed_by_the_commit(
    server: MemoryServer, store: SharedStore
) -> None:
    session = await store.open("apply")
    body = {"Sources": ["x" * 1000]}
    for number in range(300):
        await session.applied(recorded(intention(number), body=body))
        if number % 50 == 0:
            await asyncio.sleep(1.1)
    await asyncio.sleep(1.1)
    assert head(server).segments
    assert len(server.documents[HEAD].data) < 2 * TAIL
    assert len((await store.read()).resources) == 300
    await session.commit()
    await session.close()
    assert not head(server).segments
    assert not [key for key in server.documents if key.startswith("journal/")]
    assert len((await store.read()).resources) == 300


async def test_generations_beyond_the_kept_ones_are_removed(server: MemoryServer, tmp_path: Path) -> None:
    store = SharedStore("memory:test", server.connect, rescue=tmp_path, keep=3, clock=CLOCK)
    for version in range(6):
        session = await store.open("apply")
        await session.applied(recorded(version=version))
        await session.commit()
        await session.close()
    assert [one.serial for one in head(server).generations] == [6, 5, 4]
    assert sorted({key.split("/")[1][:6] for key in server.documents if "generations" in key}) == [
        "000004",
        "000005",
        "000006",
    ]


async def test_a_commit_costs_as_many_requests_however_many_there_were(
    server: MemoryServer, store: SharedStore
) -> None:
    session = await store.open("apply")
    costs = []
    for number in range(50):
        before = server.requests
        await session.applied(recorded(version=number))
        await session.commit()
        costs.append(server.requests - before)
    await session.close()
    assert costs[40:] == costs[15:25]
    assert len(await store.history()) == 10
    assert len(server.documents) == 11


async def test_a_lock_that_is_lost_after_the_head_was_written_leaves_old_documents_and_fails_nothing(
    server: MemoryServer, tmp_path: Path
) -> None:
    class Breaks(MemoryBackend):
        async def delete(self, key: str) -> None:
            """Lose the lock first."""
            self.server.token = None
            await super().delete(key)

    store = SharedStore("memory:test", lambda: Breaks(server), rescue=tmp_path, keep=1, clock=CLOCK)
    for version in range(2):
        session = await store.open("apply")
        await session.applied(recorded(version=version))
        await session.commit()
        await session.close()
    assert (await store.read()).serial == 2
    assert len([key for key in server.documents if key.startswith("generations/")]) == 2


class TestLostAnswers:
    """The write was done, and the answer never came."""

    @pytest.mark.parametrize("lost", [1, 2, 5])
    async def test_no_write_is_taken_for_a_conflict_or_done_twice(
        self, server: MemoryServer, tmp_path: Path, lost: int
    ) -> None:
        def connect() -> MemoryBackend:
            backend = LosesAnswers(server)
            backend.lost = lost
            return backend

        store = SharedStore("memory:test", connect, rescue=tmp_path, clock=CLOCK)
        session = await store.open("apply")
        await session.intent(recorded(pending="create"))
        await session.applied(recorded())
        state = await session.commit()
        await session.close()
        assert state == await store.read()
        assert state.serial == 1
        steps = head(server).step
        assert steps == 3  # the intent, its outcome, the commit

    async def test_a_server_that_stays_away_ends_the_run_and_what_was_done_is_kept(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        store = at(server, tmp_path)
        session = await store.open("apply")
        await session.intent(recorded(pending="create"))
        server.away = True
        with pytest.raises(Failure) as caught:
            await session.applied(recorded())
        assert caught.value.cause in (Cause.STATE_UNWRITABLE, Cause.STATE_LOCKED)
        assert "1 record) is in" in caught.value.detail
        with pytest.raises(Failure):
            await session.applied(recorded(intention(1)))
        assert "2 records) is in" in caught.value.detail
        await session.close()
        server.away = False
        CLOCK.now += 60
        assert PEERING in (await store.read()).resources
        state = await _opened_and_committed(at(server, tmp_path))
        assert state.resources[PEERING].pending is None
        assert intention(1) in state.resources
        assert not list((tmp_path / "rescue").glob("*.journal"))

    async def test_the_lock_that_cannot_be_given_back_then_does_not_hide_where_it_is_kept(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        class Bucket(MemoryBackend):
            async def unlock(self) -> None:
                """Say it as buckets do, of which a lock is an object that is read first."""
                raise Failure(Cause.STATE_UNREADABLE, "cannot read the state")

        store = SharedStore("memory:test", lambda: Bucket(server), rescue=tmp_path, clock=CLOCK)
        session = await store.open("apply")
        server.away = True
        with pytest.raises(Failure, match="cannot write"):
            await session.intent(recorded(pending="create"))
        await session.close()
        assert list(tmp_path.glob("*.journal"))
        server.away = False
        CLOCK.now += 60
        again = await store.open("apply")
        with pytest.raises(Failure, match="cannot read"):  # it is the first failure of that run
            await again.close()


@pytest.mark.parametrize("use", ["read", "open", "history", "verify", "holder"])
async def test_a_server_that_does_not_answer_is_reported_soon(
    server: MemoryServer, store: SharedStore, use: str
) -> None:
    server.away = True
    began = CLOCK.now
    with pytest.raises(Failure, match="connection refused"):
        await getattr(store, use)(*(["apply"] if use == "open" else []))
    assert CLOCK.now - began < 10


@pytest.mark.parametrize("use", ["read", "open", "history", "verify", "holder"])
async def test_an_address_that_takes_no_connection_is_said_at_once_with_what_to_check(
    server: MemoryServer, store: SharedStore, use: str
) -> None:
    server.away = server.unreached = True
    began = CLOCK.now
    with pytest.raises(Failure, match="cannot reach the state in memory:test: ") as caught:
        await getattr(store, use)(*(["apply"] if use == "open" else []))
    assert CLOCK.now - began < 2
    assert "`state:` in reconciler.yaml" in caught.value.hint


async def test_a_write_that_was_cancelled_after_it_was_sent_is_this_runs_own(
    server: MemoryServer, tmp_path: Path
) -> None:
    """A second Ctrl-C cancels every task at once, also one that waits for the server's answer."""
    waiting: asyncio.Event = asyncio.Event()

    class Slow(MemoryBackend):
        hangs = False

        async def replace(self, key: str, data: bytes, version: str) -> str:
            made = await super().replace(key, data, version)
            if Slow.hangs:
                Slow.hangs = False
                waiting.set()
                await asyncio.sleep(60)
            return made

    store = SharedStore("memory:test", lambda: Slow(server), rescue=tmp_path / "rescue", clock=CLOCK)
    session = await store.open("state mv")
    Slow.hangs = True
    before = asyncio.all_tasks()
    writing = asyncio.create_task(session.intent(recorded(pending="create")))
    await waiting.wait()
    for task in asyncio.all_tasks() - before:
        task.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await session.applied(recorded())
    await session.close()
    assert (await store.read()).resources[PEERING].pending is None
    assert not list((tmp_path / "rescue").glob("*.journal"))


async def test_a_server_that_restarts_during_a_run_is_waited_for(
    server: MemoryServer, store: SharedStore
) -> None:
    session = await store.open("apply")
    server.away = server.unreached = True
    waiting = asyncio.create_task(session.intent(recorded(pending="create")))
    await asyncio.sleep(4)
    server.away = False
    await waiting
    assert PEERING in (await store.read()).resources
    await session.close()


class TestFencing:
    """A run whose lock was lost writes nothing more."""

    async def test_a_stopped_run_finds_its_lock_gone_before_it_writes(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        stopped = await at(server, tmp_path / "a").open("apply")
        await stopped.intent(recorded(pending="create"))
        CLOCK.now += 60  # SIGSTOP, SIGCONT
        other = await at(server, tmp_path / "b").open("apply")
        with pytest.raises(Failure, match="lost its lock"):
            await stopped.check()
        with pytest.raises(Failure, match="lost its lock"):
            await stopped.intent(recorded(intention(1), pending="create"))
        await stopped.close()
        assert set(other.state.resources) == {PEERING}
        await other.applied(recorded())
        await other.commit()
        await other.close()

    async def test_a_run_that_is_stopped_while_it_waits_for_an_answer_says_that_its_lock_is_gone(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        class Stopped(MemoryBackend):
            async def create(self, key: str, data: bytes) -> str:
                if key != HEAD and CLOCK.now < began + 60:
                    CLOCK.now += 60  # SIGSTOP, SIGCONT: nothing had arrived, and no time is left
                    raise Unsure("gave no complete answer within 15 s")
                return await super().create(key, data)

        store = SharedStore("memory:test", lambda: Stopped(server), rescue=tmp_path, clock=CLOCK)
        session = await store.open("apply")
        await session.applied(recorded())
        began = CLOCK.now
        with pytest.raises(Failure, match="lost its lock") as caught:
            await session.commit()
        assert caught.value.cause is Cause.STATE_LOCKED
        await session.close()

    async def test_the_head_refuses_a_run_that_believes_it_has_the_lock(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        """No lock at all: both believe to hold it, and still only one can write."""

        class Unlocked(MemoryBackend):
            renew_every = 0.0

            async def lock(self, run: object) -> None:
                return None

        def connect() -> MemoryBackend:
            return Unlocked(server)

        first = await SharedStore("memory:test", connect, rescue=tmp_path / "a", clock=CLOCK).open("apply")
        await first.intent(recorded(pending="create"))
        second = await SharedStore("memory:test", connect, rescue=tmp_path / "b", clock=CLOCK).open("apply")
        for write in (first.applied(recorded()), first.commit()):
            with pytest.raises(Failure, match="another run wrote to it"):
                await write
        await second.applied(recorded())
        assert (await second.commit()).serial == 1
        await first.close()
        await second.close()

    async def test_the_last_write_of_a_run_whose_lock_expired_does_not_end_the_next_one(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        """It comes after the next run has read the head, and before that run replaced it."""

        class Leased(MemoryBackend):
            def _check_lock(self, *, required: bool = False) -> None:
                """Writes are taken without the lock, as buckets take them."""

        class Late(Leased):
            async def replace(self, key: str, data: bytes, version: str) -> str:
                if key == HEAD and not intends.done():
                    intends.set_result(None)
                    await written
                return await super().replace(key, data, version)

        first = SharedStore("memory:test", lambda: Leased(server), rescue=tmp_path / "a", clock=CLOCK)
        session = await first.open("apply")
        intends, written = asyncio.Future[None](), asyncio.Future[None]()
        server.holder = server.token = None  # it expired, and the run does not know it yet
        second = SharedStore("memory:test", lambda: Late(server), rescue=tmp_path / "b", clock=CLOCK)
        opening = asyncio.create_task(second.open("apply"))
        await intends
        await session.intent(recorded(pending="create"))
        written.set_result(None)
        other = await opening
        assert other.state.resources[PEERING].pending == "create"
        await other.close()
        with pytest.raises(Failure, match="another run wrote to it"):
            await session.applied(recorded())
        await session.close()

    async def test_what_a_fenced_run_did_is_not_taken_over_silently(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        store = at(server, tmp_path)
        stopped = await store.open("apply")
        await stopped.intent(recorded(pending="create"))
        CLOCK.now += 60
        other = await store.open("apply")
        with pytest.raises(Failure, match="lost its lock"):
            await stopped.applied(recorded())
        await stopped.close()
        await other.applied(recorded(intention(2)))
        await other.commit()
        await other.close()
        with pytest.raises(Failure, match="another run wrote to the state since") as caught:
            await store.open("apply")
        assert "state recover" in caught.value.hint
        assert server.holder is None
        done = await store.recover("state recover")
        assert len(done.files) == 1
        assert not done.passed_over
        assert set((await store.read()).resources) == {PEERING, intention(2)}
        assert not (await store.recover("state recover")).files

    @pytest.mark.parametrize("times", [1, 2])
    async def test_a_run_whose_lock_was_freed_by_hand_is_gone_on_from_where_no_other_run_came_between(
        self, server: MemoryServer, tmp_path: Path, times: int
    ) -> None:
        class Leased(MemoryBackend):
            def _check_lock(self, *, required: bool = False) -> None:
                """Writes are taken without a lock, so that freeing it also marks the head."""

        store = SharedStore("memory:test", lambda: Leased(server), rescue=tmp_path, clock=CLOCK)
        session = await store.open("apply")
        await session.intent(recorded(pending="create"))
        run = server.holder
        assert run is not None
        server.away = True
        with pytest.raises(Failure):
            await session.applied(recorded())
        await session.close()
        server.away = False
        for _ in range(times):
            server.holder, server.expires = run, CLOCK.now + 60
            await store.force_unlock(run.id)
        state = await _opened_and_committed(store)
        assert state.resources[PEERING].pending is None
        assert not list(tmp_path.glob("*.journal"))

    @pytest.mark.parametrize("between", ["opened", "freed a lock"])
    async def test_what_was_left_is_taken_in_also_after_runs_that_recorded_nothing(
        self, server: MemoryServer, tmp_path: Path, between: str
    ) -> None:
        store, elsewhere = at(server, tmp_path / "a"), at(server, tmp_path / "b")
        session = await store.open("apply")
        await session.intent(recorded(pending="create"))
        run = server.holder
        assert run is not None
        if between == "freed a lock":
            await elsewhere.force_unlock(run.id)
        CLOCK.now += 60
        for _ in range(2):
            other = await elsewhere.open("force-unlock")
            await other.unlocked(BrokenLock(run.id, run.who, run.operation, run.created))
            await other.close()
        with pytest.raises(Failure, match="lost its lock"):
            await session.applied(recorded())
        await session.close()
        assert [one.records for one in store.left_over(await store.read())] == [1]
        assert not elsewhere.left_over(await store.read())
        state = await _opened_and_committed(store)
        assert state.resources[PEERING].pending is None
        assert not store.left_over(state)

    async def test_what_another_run_recorded_since_is_passed_over(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        store = at(server, tmp_path)
        stopped = await store.open("apply")
        await stopped.applied(recorded(version=5))
        CLOCK.now += 60
        other = await store.open("apply")
        with pytest.raises(Failure, match="lost its lock"):
            await stopped.removed(intention(1))
        await stopped.close()
        await other.applied(recorded(version=9))
        await other.applied(recorded(intention(1)))
        before = await other.commit()
        await other.close()
        assert (await store.recover("state recover")).passed_over == (PEERING, intention(1))
        assert (await store.read()).resources == before.resources

    @pytest.mark.parametrize("other_has_key", [False, True])
    async def test_digests_are_taken_with_their_key_or_not_at_all(
        self, server: MemoryServer, tmp_path: Path, other_has_key: bool
    ) -> None:
        store = at(server, tmp_path)
        stopped = await store.open("apply")
        CLOCK.now += 60
        other = await store.open("apply")
        body = {"Key": Sensitive("k3y")}
        for _ in range(2):  # the key's line is the first that is refused
            with pytest.raises(Failure, match="lost its lock"):
                await stopped.applied(recorded(body=body))
        await stopped.close()
        await other.applied(recorded(intention(1), body=body if other_has_key else {}))
        await other.commit()
        await other.close()
        done = await store.recover("state recover")
        state = await store.read()
        assert done.passed_over == ((PEERING,) if other_has_key else ())
        for one in state.resources.values():
            assert one.body in ({}, body)

    async def test_a_fenced_run_that_did_nothing_leaves_nothing(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        store = at(server, tmp_path)
        stopped = await store.open("apply")
        CLOCK.now += 60
        await (await store.open("apply")).close()
        with pytest.raises(Failure, match="lost its lock") as caught:
            await stopped.owned(Owner("team"))
        await stopped.close()
        assert not caught.value.detail
        assert not (tmp_path / "rescue").exists()

    async def test_where_writes_do_not_need_the_lock_a_broken_one_fences_at_once(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        class Leased(MemoryBackend):
            def _check_lock(self, *, required: bool = False) -> None:
                """Writes are taken without a lock."""

        store = SharedStore("memory:test", lambda: Leased(server), rescue=tmp_path, clock=CLOCK)
        session = await store.open("apply")
        assert server.holder is not None
        await store.force_unlock(server.holder.id)
        with pytest.raises(Failure, match="lost its lock"):
            await session.intent(recorded(pending="create"))
        await session.close()
        assert not (await store.read()).resources

    async def test_a_freed_lock_whose_holder_may_still_write_is_said(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        class Leaves(MemoryBackend):
            async def break_lock(self, run_id: str) -> bool:
                """Free the lock, and go away."""
                broken = await super().break_lock(run_id)
                self.server.away = True
                return broken

        store = SharedStore("memory:test", lambda: Leaves(server), rescue=tmp_path, clock=CLOCK)
        session = await store.open("apply")
        assert server.holder is not None
        with pytest.raises(Failure, match=r"was freed, but whether .* can still write") as caught:
            await store.force_unlock(server.holder.id)
        assert caught.value.cause is Cause.STATE_UNWRITABLE
        assert "no other run can write" in caught.value.hint
        server.away = False
        await (await store.open("apply")).close()
        with pytest.raises(Failure, match="lost its lock"):
            await session.intent(recorded(pending="create"))
        await session.close()

    async def test_a_write_whose_caller_is_cancelled_is_nobody_elses(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        class Slow(MemoryBackend):
            async def replace(self, key: str, data: bytes, version: str) -> str:
                """Do it at once, and answer late."""
                made = await super().replace(key, data, version)
                await asyncio.sleep(1)
                return made

        store = SharedStore("memory:test", lambda: Slow(server), rescue=tmp_path, clock=CLOCK)
        session = await store.open("apply")
        intent = asyncio.create_task(session.intent(recorded(pending="create")))
        await asyncio.sleep(0.5)
        intent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await intent
        await session.applied(recorded())
        commit = asyncio.create_task(session.commit())
        await asyncio.sleep(0.5)
        commit.cancel()
        await asyncio.gather(commit, return_exceptions=True)
        await session.close()
        assert (await store.read()).resources == {PEERING: recorded()}
        assert server.holder is None
        assert not list(tmp_path.glob("*.journal"))

    async def test_a_run_that_is_cancelled_while_it_asks_for_the_lock_leaves_none(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        class Slow(MemoryBackend):
            async def lock(self, run: LockInfo) -> LockInfo | None:
                """Give the lock at once, and answer late."""
                holder = await super().lock(run)
                await asyncio.sleep(1)
                return holder

        store = SharedStore("memory:test", lambda: Slow(server), rescue=tmp_path, clock=CLOCK)
        opening = asyncio.create_task(store.open("apply"))
        await asyncio.sleep(0.5)
        assert server.holder is not None
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert server.holder is None

    async def test_a_long_run_keeps_its_lock(self, server: MemoryServer, tmp_path: Path) -> None:
        session = await at(server, tmp_path).open("apply")
        await asyncio.sleep(600)
        await session.check()
        with pytest.raises(Failure, match="is locked by another run"):
            await at(server, tmp_path).open("apply")
        await session.close()

    async def test_a_lock_that_cannot_be_renewed_is_lost_before_it_expires_elsewhere(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        session = await at(server, tmp_path).open("apply")
        server.away = True
        await asyncio.sleep(30)
        with pytest.raises(Failure, match="could not be renewed"):
            await session.check()
        server.away = False
        await session.close()

    async def test_a_waiting_run_gets_the_lock_of_a_dead_one_when_it_expires(
        self, server: MemoryServer, tmp_path: Path
    ) -> None:
        dead = server.connect()
        await dead.lock(run_info(7))
        session = await at(server, tmp_path, timeout=60).open("apply")
        assert CLOCK.now >= server.expires - 15.0
        await session.close()

    async def test_a_lock_that_is_broken_stops_its_run(self, server: MemoryServer, tmp_path: Path) -> None:
        session = await at(server, tmp_path).open("apply")
        assert server.holder is not None
        assert await server.connect().break_lock(server.holder.id)
        with pytest.raises(Failure, match="lost its lock"):
            await session.intent(recorded(pending="create"))
        await session.close()


async def test_a_damaged_generation_does_not_keep_the_others_from_being_rewritten(
    server: MemoryServer, store: SharedStore
) -> None:
    for version in range(3):
        session = await store.open("apply")
        await session.applied(recorded(version=version, body={"Key": "known"}))
        await session.commit()
        await session.close()
    damaged = head(server).generations[1].documents[0]
    server.documents[damaged] = Document(b"", server.version())
    session = await store.open("apply")
    sealed = Sensitive("known")
    assert await session.veil_generations(lambda one: replace(one, body={"Key": sealed})) == 2
    await session.close()
    assert (await store.read()).serial == 3


class TestDamage:
    """What cannot be trusted stops the run by name."""

    async def committed(self, store: SharedStore) -> State:
        session = await store.open("apply")
        await session.applied(recorded())
        state = await session.commit()
        await session.close()
        return state

    @pytest.mark.parametrize(
        ("key", "data", "why"),
        [
            ("head", b"", "it is no state"),
            ("head", b"reconciler/1 plain\n{", "it is not JSON"),
            ("head", b"reconciler/1 plain\n[]", "it is not an object"),
            ("head", b'reconciler/1 plain\n{"head_version":9}', "known is 1"),
            ("head", b"reconciler/9 sealed\n", "not known"),
            ("generation", b"", "it is no state"),
            ("generation", b"reconciler/1 plain\n{}", "its digest does not match"),
        ],
    )
    async def test_a_damaged_document_is_named(
        self, server: MemoryServer, store: SharedStore, key: str, data: bytes, why: str
    ) -> None:
        await self.committed(store)
        where = HEAD if key == "head" else head(server).generations[0].documents[0]
        server.documents[where] = Document(data, server.version())
        with pytest.raises(Failure, match=why) as caught:
            await store.read()
        assert caught.value.cause is Cause.STATE_UNREADABLE
        with pytest.raises(Failure, match=why):
            await store.open("apply")
        assert server.holder is None

    async def test_a_missing_head_beside_snapshots_is_no_new_state(
        self, server: MemoryServer, store: SharedStore
    ) -> None:
        await self.committed(store)
        del server.documents[HEAD]
        with pytest.raises(Failure, match="it is missing, although") as caught:
            await store.read()
        assert "state history" not in caught.value.hint  # that needs the head
        assert "state push --force" in caught.value.hint

    async def test_a_missing_chunk_is_named(self, server: MemoryServer, store: SharedStore) -> None:
        await self.committed(store)
        del server.documents[head(server).generations[0].documents[0]]
        with pytest.raises(Failure, match="it is missing"):
            await store.read()

    async def test_a_state_that_was_moved_names_its_new_place(
        self, server: MemoryServer, store: SharedStore
    ) -> None:
        await self.committed(store)
        moved = Head("x", "y", moved_to="consul:http://hub:8500/estate")
        server.documents[HEAD] = Document(moved.document(), server.version())
        with pytest.raises(Failure, match="was moved from memory:test to consul:http://hub:8500/estate"):
            await store.open("apply")


class TestVerify:
    """Everything that is stored is read; what nothing points to is named."""

    async def test_a_sound_state_has_no_problem(self, server: MemoryServer, store: SharedStore) -> None:
        session = await store.open("apply")
        await session.applied(recorded())
        await session.commit()
        await session.intent(recorded(pending="update"))
        parts = {check.part: check for check in await store.verify()}
        assert not [check for check in parts.values() if check.problem]
        assert parts["head"].detail == "serial 1, 1 resource"
        assert parts["the journal"].detail.startswith("1 line after serial 1")
        await session.close()

    async def test_what_a_dead_run_left_is_listed_and_counts_for_nothing(
        self, server: MemoryServer, store: SharedStore
    ) -> None:
        await _opened_and_committed(store)
        run = head(server).writer.partition("-")[0]
        serial = head(server).serial
        for key in (f"generations/{serial + 1:06d}-{run}/0", f"generations/{serial:06d}-other/0"):
            server.documents[key] = Document(b"", server.version())
            (orphan,) = [check for check in await store.verify() if check.part == key]
            assert orphan.problem is None
            assert "does not count" in orphan.detail

    async def test_an_older_head_beside_newer_snapshots_is_a_problem(
        self, server: MemoryServer, store: SharedStore
    ) -> None:
        heads = []
        for version in range(3):
            session = await store.open("apply")
            await session.applied(recorded(version=version))
            await session.commit()
            await session.close()
            heads.append(server.documents[HEAD].data)
        for older in heads[:2]:
            server.documents[HEAD] = Document(older, server.version())
            wrong = [check.problem for check in await store.verify() if check.problem]
            assert wrong
            assert all("an older head was put in the place" in problem for problem in wrong)

    async def test_a_run_that_commits_while_it_is_verified_is_no_problem(
        self, server: MemoryServer, store: SharedStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await _opened_and_committed(store)
        whole, late = looking.look, [True]

        async def look(backend: Backend) -> Found | None:
            found = await whole(backend)
            if late.pop() if late else False:
                session = await store.open("apply")
                await session.applied(recorded())
                await session.commit()
                await session.close()
            return found

        monkeypatch.setattr(looking, "look", look)
        assert [check.problem for check in await store.verify() if check.problem] == []
        assert not late

    async def test_a_damaged_generation_is_a_problem_and_the_others_are_still_read(
        self, server: MemoryServer, store: SharedStore
    ) -> None:
        for version in range(3):
            session = await store.open("apply")
            await session.applied(recorded(version=version))
            await session.commit()
            await session.close()
        damaged = head(server).generations[1].documents[0]
        server.documents[damaged] = Document(b"", server.version())
        problems = [check.part for check in await store.verify() if check.problem]
        assert problems == [damaged.rpartition("/")[0]]
        assert [one.problem is None for one in await store.history()] == [True, False, True]
        assert (await store.generation(1)).serial == 1
        with pytest.raises(Failure, match="it is no state"):
            await store.generation(2)


async def test_five_mebibytes_are_kept_in_chunks(server: MemoryServer, store: SharedStore) -> None:
    session = await store.open("apply")
    noise = random.Random(1)
    for number in range(200):
        body = {"Name": "".join(noise.choices("0123456789abcdef", k=27_000))}
        await session.applied(recorded(intention(number), body=body))
    state = await session.commit()
    await session.close()
    assert head(server).generations[0].chunks > 10
    assert head(server).generations[0].size > 5 << 20
    assert await store.read() == state


async def test_a_reader_meets_a_commit_halfway(server: MemoryServer, store: SharedStore) -> None:
    """The head was read, and then a commit removes the generation it points to."""
    store = SharedStore("memory:test", server.connect, rescue=Path("unused"), keep=1, clock=CLOCK)
    session = await store.open("apply")
    states = []
    for version in range(20):
        await session.applied(recorded(version=version))
        read = asyncio.create_task(store.read())
        await session.commit()
        states.append(await read)
    await session.close()
    assert all(PEERING in state.resources for state in states[1:])


async def test_before_a_write_to_a_cluster_the_server_is_asked_once_a_second(
    server: MemoryServer, tmp_path: Path
) -> None:
    session = await at(server, tmp_path).open("apply")
    await asyncio.sleep(1.1)
    before = server.requests
    await asyncio.gather(*(session.check() for _ in range(20)))
    assert server.requests == before + 1
    assert server.holder is not None
    await server.connect().break_lock(server.holder.id)
    await asyncio.sleep(1.1)
    with pytest.raises(Failure, match="lost its lock"):
        await session.check()
    await session.close()


async def _opened_and_committed(store: SharedStore) -> State:
    session = await store.open("apply")
    state = await session.commit()
    await session.close()
    return state
