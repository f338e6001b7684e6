"""What every store must do with the audit log, whatever it keeps its State in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.auditing.entry import (
    UNEXPECTED,
    Anchor,
    Begun,
    BrokenLock,
    Counts,
    Ended,
    Entry,
    Signed,
)
from reconciler.model.failure import Cause, Failure
from reconciler.statestore.audit.reading import breaks, entries
from reconciler.statestore.ports import Session, StateStore
from tests.unit.statestore.samples import PEERING, recorded
from tests.unit.statestore.test_conformance import Make, make, store

__all__ = ["make", "store"]

GRANTED = Begun("0123456789ab", "d" * 64, (Signed("anna", "SHA256:x"),), "a hotfix")
DONE = Ended("applied", Counts(added=1))


async def run(store: StateStore, version: int = 7, begun: Begun = GRANTED, ended: Ended = DONE) -> None:
    """Do as an apply does: begin, write an object, end."""
    session = await store.open("apply")
    await session.began(begun)
    await session.intent(recorded(version=version, pending="create"))
    await session.applied(recorded(version=version))
    await session.commit(ended)
    await session.close()


async def die(session: Session) -> None:
    """Leave a run as a killed process does: nothing more is written, and its lock is free."""
    session._closed = True  # type: ignore[attr-defined]
    session._scribe.has_begun = False  # type: ignore[attr-defined]
    await session._medium.release()  # type: ignore[attr-defined]


async def listed(store: StateStore) -> list[Entry]:
    """Return the runs, once the log was found to be whole: also for the snapshots that name its lines."""
    kept = {str(one.serial): one.saved.audit for one in await store.history() if one.saved}
    log = await store.audit()
    assert breaks(log, {name: one for name, one in kept.items() if one is not None}) == []
    return entries(log.lines)


async def test_without_a_run_there_is_no_log(store: StateStore) -> None:
    log = await store.audit()
    assert (log.lines, log.last) == ((), None)


async def test_a_run_is_one_entry_with_all_that_is_known_of_it(store: StateStore) -> None:
    await run(store)
    (entry,) = await listed(store)
    state = await store.read()
    assert (entry.lines, entry.operation, entry.outcome, entry.counts) == (
        (1, 2),
        "apply",
        "applied",
        DONE.counts,
    )
    assert (entry.serial, entry.serial_after, entry.begun) == (0, 1, GRANTED)
    assert (entry.lineage, entry.ended is not None) == (state.lineage, True)
    assert "@" in entry.by
    assert state.saved is not None
    assert state.saved.audit == Anchor(2, entry.hash)


async def test_a_reason_is_kept_up_to_a_length(store: StateStore) -> None:
    await run(store, begun=replace(GRANTED, broken_freeze="x" * 5000))
    (entry,) = await listed(store)
    assert entry.begun == replace(GRANTED, broken_freeze="x" * 1000)


async def test_a_run_that_recorded_nothing_has_an_entry_and_saves_no_snapshot(store: StateStore) -> None:
    await run(store)
    session = await store.open("apply")
    await session.began(Begun())
    await session.commit(Ended("failed", Counts(failed=1)))
    await session.close()
    entry = (await listed(store))[-1]
    assert (entry.lines, entry.outcome, entry.serial, entry.serial_after) == ((3, 4), "failed", 1, 1)
    assert (await store.read()).serial == 1


async def test_a_run_that_wrote_nothing_at_all_has_no_entry(store: StateStore) -> None:
    await run(store)
    session = await store.open("apply")
    await session.commit()
    await session.close()
    assert len(await listed(store)) == 1


async def test_what_only_records_has_an_entry_too(store: StateStore) -> None:
    await run(store)
    session = await store.open("state rm")
    await session.removed(PEERING)
    await session.commit()
    await session.close()
    entry = (await listed(store))[-1]
    assert (entry.operation, entry.outcome, entry.counts) == ("state rm", "recorded", None)
    assert (entry.serial, entry.serial_after) == (1, 2)


async def test_a_state_that_takes_the_place_of_another_leaves_the_log_in_order(store: StateStore) -> None:
    await run(store)
    first = await store.read()
    await run(store, 8)
    session = await store.open("state restore")
    await session.replace(replace(first, serial=2))
    await session.close()
    assert [one.serial_after for one in await listed(store)] == [1, 2, 3]


async def test_a_freed_lock_is_in_it_behind_the_end_of_the_run_that_held_it(store: StateStore) -> None:
    session = await store.open("apply")
    await session.began(GRANTED)
    await session.intent(recorded(pending="create"))
    holder = await store.holder()
    assert holder is not None
    await store.force_unlock(holder.id)
    broken = BrokenLock(holder.id, holder.who, holder.operation, holder.created)
    freeing = await store.open("force-unlock")
    await freeing.unlocked(broken)
    await freeing.close()
    with pytest.raises(Failure):
        await session.commit()
    await session.close()
    died, freed = await listed(store)
    assert (died.run, died.outcome) == (holder.id, UNEXPECTED)
    assert (freed.operation, freed.outcome, freed.broken_lock) == ("force-unlock", "unlocked", broken)
    assert (freed.serial, freed.serial_after, freed.counts) == (0, 0, None)
    assert (await store.read()).resources[PEERING].pending == "create"


async def test_the_beginning_is_there_before_the_first_write_to_a_cluster(store: StateStore) -> None:
    session = await store.open("apply")
    await session.began(GRANTED)
    await session.intent(recorded(pending="create"))  # the engine writes to clusters after this
    (entry,) = await listed(store)
    assert (entry.lines, entry.outcome, entry.ended) == ((1,), None, None)
    await session.close()


async def test_a_run_that_ends_early_says_that_it_did(store: StateStore) -> None:
    session = await store.open("apply")
    await session.began(GRANTED)
    await session.close()
    (entry,) = await listed(store)
    assert (entry.outcome, entry.serial_after) == ("error", 0)


async def test_the_next_run_closes_the_entry_of_one_that_died(store: StateStore) -> None:
    session = await store.open("apply")
    await session.began(GRANTED)
    await session.intent(recorded(pending="create"))
    await die(session)
    again = await store.open("plan")
    await again.close()
    (entry,) = await listed(store)
    assert (entry.lines, entry.outcome, entry.serial_after) == ((1, 2), UNEXPECTED, 0)


async def test_the_log_outlives_the_generations(store: StateStore) -> None:
    for version in range(1, 16):
        await run(store, version)
    assert len(await store.history()) == 10
    assert [one.serial_after for one in await listed(store)] == list(range(1, 16))


async def test_a_long_log_is_whole(store: StateStore) -> None:
    long = replace(GRANTED, broken_freeze="x" * 1000)
    for version in range(1, 31):
        await run(store, version, long)
    found = await listed(store)
    assert [one.lines for one in found] == [(2 * n + 1, 2 * n + 2) for n in range(30)]
    assert all(check.problem is None for check in await store.verify())


async def test_a_log_goes_with_its_state_to_another_place(make: Make, store: StateStore) -> None:
    from reconciler.statestore.memory import MemoryStore

    source = MemoryStore()
    for version in range(1, 31):
        await run(source, version, replace(GRANTED, broken_freeze="x" * 1000))
    states = [await source.generation(one.serial) for one in reversed(await source.history())]
    session = await store.open("state migrate")
    await session.copy(states, (await source.audit()).lines)
    await session.close()
    found = await listed(store)
    assert [one.outcome for one in found] == ["applied"] * 30 + ["recorded"]
    await run(store, 99)
    assert (await listed(store))[-1].lines == (62, 63)


async def test_a_place_that_a_state_left_has_no_log_once_it_is_cleared(store: StateStore) -> None:
    await run(store)
    session = await store.open("state migrate")
    await session.leave("elsewhere")
    await session.close()
    with pytest.raises(Failure) as caught:
        await store.audit()
    assert caught.value.cause is Cause.FOREIGN_STATE
    await store.clear()
    assert (await store.audit()).lines == ()
