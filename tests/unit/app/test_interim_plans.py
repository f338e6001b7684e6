"""Plans with interim steps as documents: what they count, how they are kept, what their digest covers."""

from __future__ import annotations

import json
from dataclasses import replace

from reconciler.app.applying import tally
from reconciler.engine.guarding.limits import MANY, breaches
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change
from reconciler.model.event import Event, Failed, Skipped, SkipReason, Succeeded
from reconciler.model.guarding.limits import Allowed
from reconciler.model.plan import Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.model.plan_digest import digest
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Denied
from tests.support import samples as s
from tests.support.tables import each

PLAN = s.TRANSITION


def test_every_step_is_at_its_own_place_in_the_order() -> None:
    numbers = [(interim or change).index for change, interim in PLAN.steps]
    assert numbers == list(range(1, 13))


def test_what_goes_whole_and_comes_back_counts_twice_and_the_rest_once() -> None:
    counts = PLAN.summary()
    assert (counts.add, counts.change, counts.destroy, counts.interim) == (2, 5, 1, 5)


def test_an_update_taken_down_whole_counts_as_a_replacement() -> None:
    remade = replace(s.API_SPLITTER, action=Action.UPDATE)
    counts = s.plan(remade).summary()
    assert (counts.add, counts.change, counts.destroy) == (1, 0, 1)


def test_a_blocked_change_counts_no_interim_step() -> None:
    blocked = replace(s.API_SPLITTER, blocked=Block(BlockKind.WOULD_BE_REFUSED, "no"))
    assert s.plan(blocked).summary().interim == 0


def test_a_take_down_is_no_removal_that_has_to_be_allowed() -> None:
    many = [
        replace(s.API_SPLITTER, address=s.at(f"service_splitter.south/api{number}"))
        for number in range(2 * MANY)
    ]
    plan = s.plan(*many)
    assert plan.removals == 0
    assert breaches(plan, (), (), Allowed()) == ()


def test_a_saved_plan_is_the_same_plan() -> None:
    value = json.loads(json.dumps(encode(PLAN)))
    assert decode(value) == PLAN


def _with_interim(change: Change, **more: object) -> Plan:
    assert change.interim is not None
    other = replace(change, interim=replace(change.interim, **more))  # type: ignore[arg-type]
    return replace(PLAN, changes=tuple(other if c is change else c for c in PLAN.changes))


@each(
    "more",
    [
        {"index": 9},
        {"after": {"Subsets": {}}},
        {"owned": {}},
        {"fields": ()},
        {"why": "because"},
        {"meanwhile": "nothing works"},
        {"opens": True},
        {"cuts": True},
        {"waits_for": (s.WEB_SPLITTER.address,)},
        {"waits_for_interim": (s.API_SPLITTER.address,)},
        {"way": s.Way.NARROW},
    ],
)
def test_what_is_approved_covers_every_part_of_an_interim_step(more: dict[str, object]) -> None:
    assert digest(_with_interim(s.WEB, **more)) != digest(PLAN)


def test_what_is_approved_covers_which_interims_a_change_waits_for() -> None:
    freed = replace(s.WEB_SPLITTER, waits_for_interim=())
    changes = tuple(freed if c is s.WEB_SPLITTER else c for c in PLAN.changes)
    assert digest(replace(PLAN, changes=changes)) != digest(PLAN)


def _ended(*events: Event) -> dict[Address, Event]:
    ended: dict[Address, Event] = {c.address: Succeeded(c.address, c.action, 0.1) for c in PLAN.actions}
    return ended | {event.address: event for event in events}


def test_what_was_done_counts_by_object_and_interim_steps_apart() -> None:
    outcome = tally(PLAN, _ended(), False, (), 20)
    assert (outcome.added, outcome.changed, outcome.destroyed, outcome.interim) == (2, 5, 1, 5)


def test_an_interim_step_counts_without_its_change() -> None:
    where = s.API_SPLITTER.address
    outcome = tally(
        PLAN,
        _ended(Skipped(where, Action.REPLACE, SkipReason.INTERRUPTED, "interrupted", "it stays")),
        True,
        (),
        20,
    )
    assert (outcome.added, outcome.destroyed, outcome.interim, outcome.left) == (1, 0, 5, 1)
    assert outcome.interrupted


def test_a_run_whose_skipped_objects_are_put_back_is_still_interrupted() -> None:
    back = Skipped(
        s.API_SPLITTER.address, Action.REPLACE, SkipReason.INTERRUPTED, "interrupted; it is back as it was"
    )
    assert tally(PLAN, _ended(back), True, (), 20).interrupted


def test_a_run_is_interrupted_by_skip_reason_and_not_by_text() -> None:
    needs = Skipped(s.API_SPLITTER.address, Action.REPLACE, SkipReason.DEPENDENCY, "interrupted/api failed")
    assert not tally(PLAN, _ended(needs), True, (), 20).interrupted


def test_an_interim_step_that_failed_does_not_count() -> None:
    where = s.API_SPLITTER.address
    failed = Failed(where, Action.DELETE, 0.1, Denied("no"), s.Way.TAKE_DOWN)
    assert tally(PLAN, _ended(failed), False, (), 20).interim == 4
