"""What is taken down and closes access when it comes back: what opens it goes after that, or says so."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reconciler.model.change import Change
from reconciler.model.plan import Plan, TakeDown
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Interim, Way, Write
from reconciler.sdk.provider import Body
from tests.support.judged import JudgedServers, at
from tests.unit.engine.order import test_routing
from tests.unit.engine.order.test_routing import check_every_order, planned, steps


class Whole(JudgedServers):
    """Servers of which objects can only be taken down whole, with what they deny."""

    def interims(self, address: Address, after: Body | None, stuck: Sequence[Write]) -> Sequence[Interim]:
        return (Interim(Way.TAKE_DOWN, lambda before, after: None, "it is away meanwhile"),)


@pytest.fixture(autouse=True)
def whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_routing, "JudgedServers", Whole)


def change(plan: Plan, name: str) -> Change:
    return next(found for found in plan.actions if found.address == at(name))


GUARD = {"Tone": "low", "Uses": {"web": "v1"}, "Denies": ["api@dc2"]}
OTHER = {"Tone": "low", "Uses": {"web": "v1"}}
LOW, HIGH = {"Tone": "low", "Has": ["v1"]}, {"Tone": "high", "Has": ["v1"]}
SHOWN = {**HIGH, "Shows": ["api@dc2"]}
BEFORE, AFTER = {"guard": GUARD, "web": LOW}, {"guard": {**GUARD, "Tone": "high"}, "web": SHOWN}


async def test_what_can_come_back_before_the_opening_does() -> None:
    """The guard needs another object by then, for which room has to be made too."""
    before = {**BEFORE, "x": LOW, "y": {"Tone": "low", "Uses": {"x": "v1"}}}
    after = {
        "guard": {"Tone": "high", "Uses": {"x": "v1"}, "Denies": ["api@dc2"]},
        "web": SHOWN,
        "x": HIGH,
        "y": {"Tone": "high", "Uses": {"x": "v1"}},
    }
    plan, servers = await planned(before, after)
    order = steps(plan)
    assert order.index("take-down guard") < order.index("replace guard") < order.index("update web")
    assert at("guard") in change(plan, "web").waits_for
    assert not any(found.notes for found in plan.actions)
    check_every_order(plan, servers)


async def test_what_comes_back_only_after_the_opening_is_reported_in_the_plan() -> None:
    plan, servers = await planned(BEFORE, AFTER)
    assert steps(plan) == ["take-down guard", "update web", "replace guard"]
    assert change(plan, "web").notes == (
        "may open access before entry.dc1/guard closes it: each waits for the other",
    )
    interim = change(plan, "guard").interim
    assert interim is not None
    assert interim.opens
    check_every_order(plan, servers)


async def test_so_it_is_where_several_are_taken_down() -> None:
    before, after = {**BEFORE, "other": OTHER}, {**AFTER, "other": {**OTHER, "Tone": "high"}}
    plan, servers = await planned(before, after)
    assert sorted(steps(plan)[:2]) == ["take-down guard", "take-down other"]
    assert "entry.dc1/guard closes it" in "".join(change(plan, "web").notes)
    opens = {name: change(plan, name).interim for name in ("guard", "other")}
    assert {name: interim and interim.opens for name, interim in opens.items()} == {
        "guard": True,
        "other": False,
    }
    check_every_order(plan, servers)


async def test_a_setting_that_keeps_access_as_it_is_refuses_that() -> None:
    plan, _ = await planned(BEFORE, AFTER, take_down=TakeDown.SAME_ACCESS)
    assert steps(plan) == []
    assert str(change(plan, "web").blocked) == (
        "entry.dc1/guard would have to be taken down for a while, which opens access, and take_down: "
        "same-access does not allow it"
    )


async def test_where_one_of_several_cannot_come_back_none_is_taken_down() -> None:
    """`other` is to use what `web` never has, and stays; so `web` stays too, and the guard with it."""
    before = {**BEFORE, "other": OTHER}
    after = {**AFTER, "other": {"Tone": "high", "Uses": {"web": "v9"}}}
    plan, _ = await planned(before, after)
    assert steps(plan) == []
    assert not any(found.interim for found in plan.actions)
