"""What every store must do, whatever it keeps its State in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.model.state import Owner, State
from reconciler.sdk.address import Address
from reconciler.sdk.secrets.secret import Secret
from reconciler.statestore.factory import open_store
from reconciler.statestore.memory import MemoryStore
from reconciler.statestore.ports import StateStore
from reconciler.statestore.shared.store import SharedStore
from reconciler.statestore.text import codec
from tests.backends.suite import MemoryServer, seed
from tests.unit.statestore.samples import (
    DC1,
    INTENTIONS,
    PEERING,
    Model,
    addresses,
    clusters,
    names,
    owners,
    recorded,
    records,
)

Make = Callable[[bytes | None], StateStore]


def local(path: Path, snapshot: bytes | None) -> StateStore:
    if snapshot is not None:
        path.mkdir(parents=True)
        (path / "state.json").write_bytes(snapshot)
    return open_store(path)


def shared(path: Path, snapshot: bytes | None) -> StateStore:
    server = MemoryServer()
    if snapshot is not None:
        seed(server, snapshot)
    return SharedStore("memory:test", server.connect, rescue=path / "rescue")


MAKERS: dict[str, Callable[[Path, bytes | None], StateStore]] = {
    "memory": lambda _, snapshot: MemoryStore(snapshot),
    "local": local,
    "shared": shared,
}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest, where: Path) -> Make:
    return lambda snapshot: MAKERS[request.param](where, snapshot)


@pytest.fixture
def store(make: Make) -> StateStore:
    return make(None)


async def apply(store: StateStore, *steps: tuple[str, Any], commit: bool = True) -> State:
    session = await store.open("apply")
    for name, argument in steps:
        await getattr(session, name)(argument)
    if commit:
        await session.commit()
    await session.close()
    return session.state


async def test_nothing_recorded_reads_as_an_empty_state(store: StateStore) -> None:
    assert await store.read() == State()


async def test_what_was_recorded_is_read_back(store: StateStore) -> None:
    one, two = recorded(), recorded(INTENTIONS, depends_on=(PEERING,), protect=True, shared=True)
    committed = await apply(store, ("saw_cluster", DC1), ("applied", one), ("applied", two))
    assert committed == await store.read()
    assert committed.resources == {PEERING: one, INTENTIONS: two}
    assert committed.clusters == {"dc1": DC1}
    assert committed.serial == 1


async def test_removed_and_forgotten_are_gone(store: StateStore) -> None:
    await apply(store, ("saw_cluster", DC1), ("applied", recorded()))
    await apply(store, ("removed", PEERING), ("forget_cluster", "dc1"))
    state = await store.read()
    assert (state.resources, state.clusters, state.serial) == ({}, {}, 2)


async def test_removing_what_is_not_recorded_is_fine(store: StateStore) -> None:
    assert (await apply(store, ("removed", PEERING), ("forget_cluster", "dc9"))).serial == 0


async def test_lineage_is_made_once_and_never_changes(store: StateStore) -> None:
    first = await apply(store, ("applied", recorded()))
    assert first.lineage
    for version in range(3):
        assert (await apply(store, ("applied", recorded(version=version)))).lineage == first.lineage


async def test_lineage_survives_a_first_run_that_never_commits(store: StateStore) -> None:
    crashed = await apply(store, ("applied", recorded()), commit=False)
    assert (await store.read()).lineage == crashed.lineage
    assert (await apply(store)).lineage == crashed.lineage


async def test_serial_moves_only_when_something_differs(store: StateStore) -> None:
    await apply(store, ("saw_cluster", DC1), ("applied", recorded()))
    same = await apply(store, ("saw_cluster", DC1), ("applied", recorded()))
    assert same.serial == 1
    there_and_back = await apply(store, ("applied", recorded(version=9)), ("applied", recorded()))
    assert there_and_back.serial == 1
    assert (await apply(store, ("applied", recorded(version=9)))).serial == 2


async def test_a_session_may_commit_more_than_once(store: StateStore) -> None:
    session = await store.open("apply")
    await session.applied(recorded())
    assert (await session.commit()).serial == 1
    assert (await session.commit()).serial == 1
    await session.applied(recorded(INTENTIONS))
    assert (await session.commit()).serial == 2
    await session.applied(recorded(version=8))
    await session.close()
    state = await store.read()
    assert state.serial == 2
    assert state.resources[PEERING].version == 8


async def test_closing_without_commit_keeps_everything_for_the_next_run(store: StateStore) -> None:
    await apply(store, ("applied", recorded()))
    await apply(store, ("applied", recorded(INTENTIONS)), ("removed", PEERING), commit=False)
    assert (await store.read()).resources == {INTENTIONS: recorded(INTENTIONS)}
    assert (await apply(store, commit=False)).serial == 1
    final = await apply(store)
    assert final.serial == 2
    assert final.resources == {INTENTIONS: recorded(INTENTIONS)}
    assert await store.read() == final


async def test_undoing_what_a_crashed_run_did_gives_the_last_snapshot_again(store: StateStore) -> None:
    snapshot = await apply(store, ("applied", recorded()))
    await apply(store, ("applied", recorded(INTENTIONS)), commit=False)
    assert await apply(store, ("removed", INTENTIONS)) == snapshot
    assert await store.read() == snapshot


async def test_an_intent_without_an_outcome_is_pending(store: StateStore) -> None:
    await apply(store, ("intent", recorded(pending="create")), commit=False)
    assert (await store.read()).resources[PEERING].pending == "create"
    assert (await apply(store)).resources[PEERING].pending == "create"
    assert (await apply(store, ("applied", recorded()))).resources[PEERING].pending is None


async def test_an_intent_of_something_unknown_needs_no_body(store: StateStore) -> None:
    await apply(store, ("intent", recorded(body={}, pending="create")), commit=False)
    assert (await store.read()).resources[PEERING].body == {}


async def test_an_intent_must_name_its_action(store: StateStore) -> None:
    session = await store.open("apply")
    with pytest.raises(ValueError, match="must name its action"):
        await session.intent(recorded())
    await session.close()
    assert (await store.read()).resources == {}


async def test_what_was_begun_and_its_outcome_are_seen_by_readers_at_once(store: StateStore) -> None:
    session = await store.open("apply")
    await session.intent(recorded(pending="create"))
    assert (await store.read()).resources[PEERING].pending == "create"
    await session.applied(recorded())
    assert (await store.read()).resources[PEERING].pending is None
    await session.close()


@pytest.mark.parametrize("kept", ["memory", "local"])
async def test_where_recording_is_cheap_every_outcome_is_seen_at_once(kept: str, where: Path) -> None:
    store = MAKERS[kept](where, None)
    session = await store.open("apply")
    await session.applied(recorded())
    assert PEERING in (await store.read()).resources
    await session.close()


async def test_a_second_session_is_refused_and_told_who_holds_the_lock(store: StateStore) -> None:
    session = await store.open("apply", "nightly")
    with pytest.raises(Failure) as caught:
        await store.open("destroy")
    assert caught.value.cause is Cause.STATE_LOCKED
    assert caught.value.exit_code is ExitCode.LOCKED
    for told in ("ID:", "Operation: apply", "Info:      nightly", "Who:", "Path:"):
        assert told in caught.value.detail
    await session.close()
    await (await store.open("destroy")).close()


async def test_a_reader_needs_no_lock(store: StateStore) -> None:
    await apply(store, ("applied", recorded()))
    session = await store.open("apply")
    assert PEERING in (await store.read()).resources
    await session.close()


async def test_a_closed_session_can_be_closed_again_and_does_nothing_else(store: StateStore) -> None:
    session = await store.open("apply")
    await session.close()
    await session.close()
    with pytest.raises(RuntimeError, match="closed"):
        await session.applied(recorded())
    with pytest.raises(RuntimeError, match="closed"):
        await session.commit()


async def test_states_are_copies(store: StateStore) -> None:
    mine = recorded()
    committed = await apply(store, ("applied", mine))
    for holder in (mine, committed.resources[PEERING], (await store.read()).resources[PEERING]):
        holder.body["Meta"]["owner"] = "mallory"
    session = await store.open("apply")
    session.state.resources[PEERING].body["Meta"]["owner"] = "mallory"
    await session.applied(recorded(INTENTIONS))
    await session.commit()
    await session.close()
    assert (await store.read()).resources[PEERING].body["Meta"]["owner"] == "ops"


async def test_unknown_keys_survive_a_run_that_changes_everything(make: Make) -> None:
    future = State(
        "lineage-1",
        4,
        {"dc1": replace(DC1, extra={"region": "eu"})},
        {PEERING: recorded(extra={"ttl": [1]})},
        {"teams": {"a": 1}},
    )
    store = make(codec.encode(future))
    state = await apply(store, ("saw_cluster", replace(DC1, version="2")), ("applied", recorded(version=9)))
    assert state.serial == 5
    assert state.extra == {"teams": {"a": 1}}
    assert state.clusters["dc1"] == replace(DC1, version="2", extra={"region": "eu"})
    assert state.resources[PEERING] == recorded(version=9, extra={"ttl": [1]})
    assert await store.read() == state


async def test_unknown_keys_go_with_what_they_described(make: Make) -> None:
    future = State("lineage-1", 4, {}, {PEERING: recorded(extra={"ttl": 1})})
    state = await apply(make(codec.encode(future)), ("removed", PEERING), ("applied", recorded()))
    assert state.resources[PEERING].extra == {}


@pytest.mark.parametrize(
    "bad",
    [
        recorded(body={"token": Secret("s3cr3t")}),
        recorded(body={"when": float("nan")}),
        recorded(remote_ids={"id": object()}),
        recorded(Address("peering", "dc1", "two words")),
        recorded(Address("peering", "dc1", "dc2", None, "namespace-alone")),
    ],
    ids=["secret", "nan", "object", "unreadable address", "ambiguous address"],
)
async def test_what_cannot_be_written_raises_and_leaves_no_trace(store: StateStore, bad: Any) -> None:
    session = await store.open("apply")
    with pytest.raises((TypeError, ValueError)) as caught:
        await session.applied(bad)
    assert "s3cr3t" not in str(caught.value)
    await session.applied(recorded(INTENTIONS))
    await session.commit()
    await session.close()
    assert list((await store.read()).resources) == [INTENTIONS]


async def test_a_snapshot_says_when_and_by_whom_and_by_which_operation_it_was_saved(
    store: StateStore,
) -> None:
    saved = (await apply(store, ("applied", recorded()))).saved
    assert saved is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", saved.at)
    assert "@" in saved.by
    assert saved.operation == "apply"


async def test_a_snapshot_that_does_not_say_who_saved_it_is_fine(make: Make) -> None:
    store = make(codec.encode(State("lineage-1", 4, {}, {PEERING: recorded()})))
    assert (await store.read()).saved is None
    (kept,) = await store.history()
    assert (kept.serial, kept.saved, kept.resources, kept.problem) == (4, None, 1, None)
    assert (await apply(store, ("removed", PEERING))).saved is not None


async def test_history_has_the_kept_snapshots_newest_first(store: StateStore) -> None:
    assert list(await store.history()) == []
    states = [await apply(store, ("applied", recorded(version=n)), ("applied", recorded(INTENTIONS)))
              for n in range(3)]  # fmt: skip
    await apply(store, ("removed", PEERING), commit=False)
    history = await store.history()
    assert [one.serial for one in history] == [3, 2, 1]
    assert [one.saved for one in history] == [state.saved for state in reversed(states)]
    assert {(one.resources, one.problem) for one in history} == {(2, None)}
    assert all(one.size for one in history)
    assert [await store.generation(one.serial) for one in history] == states[::-1]


async def test_a_serial_that_is_not_kept_is_named(store: StateStore) -> None:
    for _ in range(2):
        with pytest.raises(Failure, match="no snapshot of serial 7 is kept") as caught:
            await store.generation(7)
        assert caught.value.cause is Cause.USAGE
        await apply(store, ("applied", recorded()))


async def test_replacing_takes_a_whole_state_as_the_next_serial(store: StateStore) -> None:
    before = await apply(store, ("saw_cluster", DC1), ("applied", recorded()), ("owned", Owner("shop")))
    other = State("", 0, {}, {INTENTIONS: recorded(INTENTIONS, extra={"ttl": 1})}, {"teams": 1})
    session = await store.open("state push")
    now = await session.replace(other)
    await session.close()
    assert now == replace(other, lineage=before.lineage, serial=2, saved=now.saved) == await store.read()
    assert now.saved is not None
    assert now.saved.operation == "state push"
    assert await store.generation(1) == before
    assert (await apply(store, ("applied", recorded()))).serial == 3


async def test_replacing_keeps_what_was_not_committed_as_a_generation(store: StateStore) -> None:
    first = await apply(store, ("applied", recorded()))
    await apply(store, ("applied", recorded(version=8)), commit=False)
    session = await store.open("state restore")
    now = await session.replace(first)
    await session.close()
    assert (now.serial, now.resources) == (3, first.resources)
    assert (await store.generation(2)).resources == {PEERING: recorded(version=8)}


async def test_a_session_goes_on_from_what_replaced_its_state(store: StateStore) -> None:
    await apply(store, ("saw_cluster", DC1), ("applied", recorded()))
    session = await store.open("state push")
    await session.replace(State("", 0, {}, {INTENTIONS: recorded(INTENTIONS)}))
    await session.intent(recorded(pending="create"))
    await session.applied(recorded(version=9))
    assert (await store.read()).resources == {INTENTIONS: recorded(INTENTIONS), PEERING: recorded(version=9)}
    state = await session.commit()
    await session.close()
    assert (state.serial, state.clusters) == (3, {})
    assert await store.read() == state


async def test_a_state_of_another_lineage_and_a_later_serial_brings_both(store: StateStore) -> None:
    await apply(store, ("applied", recorded()))
    session = await store.open("state push")
    now = await session.replace(State("another", 40, {}, {INTENTIONS: recorded(INTENTIONS)}))
    await session.close()
    assert (now.lineage, now.serial) == ("another", 40)
    assert [one.serial for one in await store.history()] == [40, 1]
    assert (await apply(store, ("removed", INTENTIONS))).serial == 41


async def test_a_state_that_is_replaced_first_of_all(store: StateStore) -> None:
    session = await store.open("state push")
    now = await session.replace(State("another", 40))
    await session.close()
    assert await store.read() == now
    assert (now.lineage, now.serial) == ("another", 40)


async def test_verifying_a_sound_store_finds_no_problem(store: StateStore) -> None:
    assert list(await store.verify()) == []
    await apply(store, ("applied", recorded()))
    await apply(store, ("applied", recorded(INTENTIONS)))
    await apply(store, ("removed", PEERING), commit=False)
    checks = await store.verify()
    assert [check.problem for check in checks if check.problem] == []
    assert any("serial 1, 1 resource" in check.detail for check in checks)
    assert any("serial 2, 2 resources" in check.detail for check in checks)


async def test_who_holds_the_lock(store: StateStore) -> None:
    assert await store.holder() is None
    session = await store.open("apply", "nightly")
    holder = await store.holder()
    assert holder is not None
    assert (holder.operation, holder.info) == ("apply", "nightly")
    await session.close()
    assert await store.holder() is None


async def test_a_lock_is_freed_by_its_exact_id_and_the_run_that_had_it_writes_nothing_more(
    store: StateStore,
) -> None:
    session = await store.open("apply")
    await session.intent(recorded(pending="create"))
    await session.applied(recorded())
    holder = await store.holder()
    assert holder is not None
    for wrong in ("", holder.id[:-1], holder.id.upper() + "x"):
        with pytest.raises(Failure) as caught:
            await store.force_unlock(wrong)
        assert caught.value.cause is Cause.STATE_LOCKED
        assert holder.id in caught.value.detail
    assert await store.force_unlock(holder.id) == holder
    assert await store.holder() is None
    with pytest.raises(Failure) as caught:
        await session.commit()
    assert caught.value.cause is Cause.STATE_LOCKED
    other = await store.open("destroy")
    with pytest.raises(Failure):
        await session.commit()
    await session.close()
    assert (await other.commit()).resources == {PEERING: recorded()}
    assert (await store.holder() or holder).operation == "destroy"
    await other.close()
    assert list((await store.read()).resources) == [PEERING]


async def test_a_lock_that_nobody_holds_cannot_be_freed(store: StateStore) -> None:
    for _ in range(2):
        with pytest.raises(Failure, match="the state is not locked"):
            await store.force_unlock("8d3f")
        await apply(store, ("applied", recorded()))


steps = st.one_of(
    st.tuples(st.just("applied"), records.map(lambda r: replace(r, pending=None, extra={}))),
    st.tuples(st.just("intent"), records.map(lambda r: replace(r, pending="create", extra={}))),
    st.tuples(st.just("removed"), addresses()),
    st.tuples(st.just("owned"), owners),
    st.tuples(st.just("saw_cluster"), clusters.map(lambda c: replace(c, extra={}))),
    st.tuples(st.just("forget_cluster"), names),
    st.just(("commit", None)),
    st.just(("reopen", None)),
    st.just(("read", None)),
)


@pytest.mark.long
@pytest.mark.parametrize("kind", MAKERS)
@settings(max_examples=60, deadline=None)
@given(plan=st.lists(steps, max_size=25))
def test_any_sequence_of_calls_equals_doing_it_by_hand(kind: str, plan: list[tuple[str, Any]]) -> None:
    with TemporaryDirectory() as folder:
        steps = [
            step for step in plan if step[0] != "read" or kind != "shared"
        ]  # readers may be a second behind
        asyncio.run(_compare(MAKERS[kind](Path(folder) / "state", None), steps))


async def _compare(store: StateStore, plan: list[tuple[str, Any]]) -> None:
    model, known = Model(), [PEERING]
    session = await store.open("apply")
    for name, argument in plan:
        match name:
            case "commit":
                assert model.holds(await session.commit())
            case "reopen":
                await session.close()
                session = await store.open("apply")
                assert model.holds(session.state)
            case "read":
                assert model.holds(await store.read())
            case "removed":
                await model.step(name, known[-1])(session)
            case _:
                known += [argument.address] if name in ("applied", "intent") else []
                await model.step(name, argument)(session)
    await session.close()
    assert model.holds(await store.read())
