"""A state that moves: the same configuration goes on with it, and nothing is planned because of it."""

from __future__ import annotations

import pytest

from reconciler import app
from reconciler.model.failure import Cause, Failure
from tests.support.lab import Lab


@pytest.fixture
async def applied(lab: Lab) -> Lab:
    """The first example, applied; its state is in the default place."""
    await lab.apply()
    lab.clear()
    return lab


async def test_the_next_plan_from_the_new_place_is_empty(applied: Lab) -> None:
    done = await app.migrate_state(applied.options(), to="deeper/down/state")
    assert done.serials == (1,)
    with pytest.raises(Failure, match=r"was moved from .*state to .*deeper/down/state"):
        await applied.plan()
    (applied.folder / "reconciler.yaml").write_text("state: {path: deeper/down/state}\n")
    plan = await applied.plan()
    assert not plan.has_changes
    assert not applied.writes
    owner = (await applied.state()).owner
    assert owner is not None
    assert owner.files == ("../../../main.yaml",), "as seen from there"


async def test_the_new_place_may_be_configured_first(applied: Lab) -> None:
    (applied.folder / "reconciler.yaml").write_text("state: {path: elsewhere}\n")
    await app.migrate_state(applied.options(), source="state")
    assert not (await applied.plan()).has_changes


async def test_where_there_is_no_state_nothing_moves(lab: Lab) -> None:
    with pytest.raises(Failure, match="there is no state in") as caught:
        await app.migrate_state(lab.options(), to="elsewhere")
    assert caught.value.cause is Cause.NOTHING_RECORDED


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("state", "the state is in .*state already"),
        ("backend=consul,pth=x", "has 2 errors"),
        ("backend=floppy,path=x", "has 1 error"),
    ],
)
async def test_a_place_that_cannot_be_is_refused_and_the_state_stays(applied: Lab, to: str, why: str) -> None:
    with pytest.raises(Failure, match=why):
        await app.migrate_state(applied.options(), to=to)
    assert not (await applied.plan()).has_changes
