"""A state that moves to another place, and back: nothing is lost, and the old place says where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.app.migrating import Migrated, moved
from reconciler.model.failure import Cause, Failure
from reconciler.model.state import State
from reconciler.statestore.memory import MemoryStore
from reconciler.statestore.ports import StateStore
from reconciler.statestore.text.kept import MovedAway
from tests.unit.statestore.samples import INTENTIONS, PEERING, recorded
from tests.unit.statestore.test_conformance import MAKERS

KINDS = [(source, target) for source in MAKERS for target in MAKERS]


@pytest.fixture(params=KINDS, ids="-to-".join)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[StateStore, StateStore]:
    source, target = request.param
    one, two = MAKERS[source](tmp_path / "one", None), MAKERS[target](tmp_path / "two", None)
    for store, name in ((one, "one"), (two, "two")):
        if not isinstance(getattr(type(store), "place", None), property):
            store.place = name  # type: ignore[misc]
    return one, two


async def move(source: StateStore, target: StateStore) -> Migrated:
    return await moved(source, target, lambda owner: owner)


async def filled(store: StateStore) -> State:
    for version in range(3):
        session = await store.open("apply")
        await session.applied(recorded(version=version))
        await session.commit()
        await session.close()
    return await store.read()


async def test_all_generations_move_and_the_old_place_names_the_new_one(
    stores: tuple[StateStore, StateStore],
) -> None:
    source, target = stores
    state = await filled(source)
    done = await move(source, target)
    assert done.serials == (1, 2, 3)
    assert await target.read() == state
    assert [one.serial for one in await target.history()] == [3, 2, 1]
    assert (await target.generation(1)).resources == {PEERING: recorded(version=0)}
    for reading in (source.read, source.history, lambda: source.open("apply")):
        with pytest.raises(MovedAway) as caught:
            await reading()
        assert caught.value.to == target.place
    session = await target.open("apply")
    await session.applied(recorded(INTENTIONS))
    assert (await session.commit()).serial == 4
    await session.close()


async def test_it_can_come_back(stores: tuple[StateStore, StateStore]) -> None:
    source, target = stores
    state = await filled(source)
    await move(source, target)
    await move(target, source)
    assert await source.read() == state
    with pytest.raises(MovedAway):
        await target.read()
    await move(source, target)
    assert await target.read() == state


async def test_it_can_come_back_by_way_of_a_third_place(stores: tuple[StateStore, StateStore]) -> None:
    source, target = stores
    state = await filled(source)
    third = MemoryStore()
    third.place = "three"
    await move(source, target)
    await move(target, third)
    await move(third, source)
    assert await source.read() == state


async def test_a_place_that_another_state_left_is_not_cleared(stores: tuple[StateStore, StateStore]) -> None:
    source, target = stores
    await filled(source)
    await filled(target)
    third = MemoryStore()
    third.place = "three"
    await move(target, third)
    with pytest.raises(MovedAway):
        await move(source, target)
    assert (await source.read()).serial == 3


async def test_what_a_dead_run_left_moves_along(stores: tuple[StateStore, StateStore]) -> None:
    source, target = stores
    await filled(source)
    session = await source.open("apply")
    await session.intent(recorded(INTENTIONS, pending="create"))
    await session.close()
    await move(source, target)
    assert (await target.read()).resources[INTENTIONS].pending == "create"


async def test_a_move_that_died_before_its_end_is_repeated(stores: tuple[StateStore, StateStore]) -> None:
    source, target = stores
    state = await filled(source)
    session = await target.open("state migrate")
    await session.copy([await source.generation(serial) for serial in (1, 2, 3)])
    await session.close()
    await move(source, target)
    assert await target.read() == state


async def test_another_state_is_not_overwritten(stores: tuple[StateStore, StateStore]) -> None:
    source, target = stores
    await filled(source)
    other = await filled(target)
    with pytest.raises(Failure, match="there is another state in") as caught:
        await move(source, target)
    assert caught.value.cause is Cause.FOREIGN_STATE
    assert await target.read() == other
    assert (await source.read()).serial == 3


async def test_a_place_that_nothing_left_is_not_cleared(stores: tuple[StateStore, StateStore]) -> None:
    source, _ = stores
    state = await filled(source)
    with pytest.raises(Failure, match="was not moved away"):
        await source.clear()
    assert await source.read() == state
