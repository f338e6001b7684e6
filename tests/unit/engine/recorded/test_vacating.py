"""A name that something holds which goes in the same plan is no obstacle; any other holder is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.planning.vacating import vacated
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change
from reconciler.model.state import Recorded
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Condition, Present

HOLDER, COMES = Address("peering", "dc1", "dc2"), Address("peering", "dc1", "dc3")
TAKEN = Present({}, 1, {"acceptor_id": "row-1"}, Condition.CONFLICT, "east is linked to dc2")
BLOCKED = Change(
    COMES,
    Action.CREATE,
    provider="consul",
    blocked=Block(BlockKind.CONFLICT, TAKEN.why),
    notes=("choose another name",),
)


def recorded(row: str) -> dict[Address, Recorded]:
    return {HOLDER: Recorded(HOLDER, {}, "consul", 1, {"acceptor_id": row, "dialer_id": "row-2"})}


def blocked(holder: Change, row: str = "row-1", refused: tuple[Address, ...] = ()) -> Block | None:
    changes = {HOLDER: holder, COMES: BLOCKED}
    return vacated(changes, recorded(row), {COMES: TAKEN}, refused)[COMES].blocked


@pytest.mark.parametrize("action", [Action.DELETE, Action.REPLACE])
def test_what_goes_gives_its_name_away(action: Action) -> None:
    found = vacated(
        {HOLDER: Change(HOLDER, action, provider="consul"), COMES: BLOCKED},
        recorded("row-1"),
        {COMES: TAKEN},
        (),
    )
    assert found[COMES].blocked is None
    assert found[COMES].notes == ("its name is in use by peering.dc1/dc2 until that is destroyed",)


@pytest.mark.parametrize("action", [Action.NO_OP, Action.UPDATE, Action.FORGET])
def test_what_stays_keeps_it(action: Action) -> None:
    assert blocked(Change(HOLDER, action, provider="consul")) == BLOCKED.blocked


def test_what_is_not_ours_keeps_it() -> None:
    assert blocked(Change(HOLDER, Action.DELETE, provider="consul"), row="row-9") == BLOCKED.blocked


def test_what_may_not_go_keeps_it() -> None:
    goes = Change(HOLDER, Action.DELETE, provider="consul")
    assert blocked(replace(goes, protect=True)) == BLOCKED.blocked
    assert (
        blocked(replace(goes, blocked=Block(BlockKind.OTHER_OWNER, "another configuration's")))
        == BLOCKED.blocked
    )
    assert blocked(goes, refused=(HOLDER,)) == BLOCKED.blocked
