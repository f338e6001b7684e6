"""Limits by cluster and type: what counts, against what, and the number that lifts them."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from reconciler.engine.guarding.limits import blocks, breaches, unmatched
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Interim
from reconciler.model.guarding.limits import Allowed, Breach, Limit, Measure, Most
from reconciler.model.plan import Mode, Plan
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way

NONE = Allowed()
KEPT = Change(Address("entry", "dc1", "kept"), Action.NO_OP, provider="memory")
_NUMBERS = count()


def changes(action: Action, number: int, type_: str = "entry", cluster: str = "dc1") -> list[Change]:
    """So many actions on objects of one type on one cluster."""
    before = {} if action is not Action.CREATE else None
    after = {} if action is not Action.DELETE else None
    names = [f"{action.value}-{next(_NUMBERS)}" for _ in range(number)]
    return [
        Change(Address(type_, cluster, name), action, provider="memory", before=before, after=after)
        for name in names
    ]


def found(
    *actions: Change,
    recorded: int = 20,
    limits: tuple[Limit, ...],
    mode: Mode = Mode.NORMAL,
    allowed: Allowed = NONE,
) -> tuple[Breach, ...]:
    """The breaches of these actions, of so many recorded objects of the type `entry` on dc1."""
    there = {change.address for change in actions if change.action is not Action.CREATE}
    there |= {Address("entry", "dc1", f"other-{number}") for number in range(recorded - len(there))}
    return breaches(Plan(mode, actions), there, limits, allowed)


SHARE = (Limit(max_delete=Most(percent=30)),)


@pytest.mark.parametrize(
    ("going", "recorded", "limit", "over"),
    [
        (3, 10, Limit(max_delete=Most(percent=30)), False),
        (4, 10, Limit(max_delete=Most(percent=30)), True),
        (9, 9, Limit(max_delete=Most(percent=30)), False),  # fewer than ten: a share does not count
        (4, 9, Limit(max_delete=Most(percent=30), min_objects=0), True),
        (4, 9, Limit(max_delete=Most(number=3)), True),  # a number always counts
        (3, 9, Limit(max_delete=Most(number=3)), False),
        (1, 20, Limit(max_delete=Most(number=0)), True),
        (4, 10, Limit(("dc2",), max_delete=Most(percent=30)), False),
        (4, 10, Limit(("dc*",), ("ent*",), Most(percent=30)), True),
        (4, 10, Limit((), ("link",), Most(percent=30)), False),
        (10, 10, Limit(max_change=Most(number=0)), False),
    ],
)
def test_deletes_count_against_what_is_recorded(going: int, recorded: int, limit: Limit, over: bool) -> None:
    shown = found(*changes(Action.DELETE, going), recorded=recorded, limits=(limit,))
    assert bool([item for item in shown if not item.is_of_everything]) is over


def test_each_cluster_and_each_type_counts_alone() -> None:
    actions = [
        change
        for cluster, type_, number in (("dc1", "entry", 2), ("dc1", "link", 2), ("dc2", "entry", 3))
        for change in changes(Action.DELETE, number, type_, cluster)
    ]
    shown = found(*actions, limits=(Limit(max_delete=Most(number=2)),))
    assert [(item.cluster, item.type, item.counted) for item in shown] == [("dc2", "entry", 3)]


def test_what_is_recreated_counts_as_deleted_and_what_is_changed_in_place_as_changed() -> None:
    limits = (Limit(max_delete=Most(number=0), max_change=Most(number=0)),)
    shown = found(*changes(Action.REPLACE, 2), *changes(Action.UPDATE, 3), limits=limits)
    assert [(item.measure, item.counted, item.flag) for item in shown] == [
        (Measure.DELETE, 2, "--allow-delete 2"),
        (Measure.CHANGE, 3, "--allow-change 3"),
    ]


def test_what_is_taken_down_for_a_while_counts_as_deleted_and_not_as_changed() -> None:
    limits = (Limit(max_delete=Most(number=0), max_change=Most(number=0)),)
    (update,) = changes(Action.UPDATE, 1)
    shown = found(replace(update, interim=Interim(Way.TAKE_DOWN)), limits=limits)
    assert [(item.measure, item.counted) for item in shown] == [(Measure.DELETE, 1)]


@pytest.mark.parametrize(
    ("going", "recorded", "over"), [(6, 12, False), (7, 12, True), (6, 11, True), (5, 5, False), (6, 6, True)]
)
def test_more_than_half_and_more_than_five_is_a_limit_of_its_own(
    going: int, recorded: int, over: bool
) -> None:
    shown = found(*changes(Action.DELETE, going), recorded=recorded, limits=())
    assert [item.is_of_everything for item in shown] == [True] * over
    assert blocks(shown) == {}, "nothing of such a plan is carried out: no action is blocked alone"


def test_creating_has_no_limit() -> None:
    limits = (Limit(max_delete=Most(number=0), max_change=Most(number=0)),)
    assert found(*changes(Action.CREATE, 9), limits=limits) == ()


def test_an_object_that_the_plan_takes_over_counts_as_there() -> None:
    (shown,) = breaches(
        Plan(Mode.NORMAL, tuple(changes(Action.UPDATE, 12))),
        (),
        (Limit(max_change=Most(percent=50)),),
        NONE,
    )
    assert (shown.counted, shown.of) == (12, 12)


def test_the_first_limit_that_says_a_measure_counts() -> None:
    limits = (Limit(types=("entry",), max_delete=Most(number=9)), Limit(max_delete=Most(number=1)))
    actions = (*changes(Action.DELETE, 5), *changes(Action.DELETE, 2, "link"))
    assert [item.type for item in found(*actions, limits=limits)] == ["link"]
    only_changes = (Limit(types=("entry",), max_change=Most(number=9)), *limits[1:])
    assert [item.type for item in found(*actions, limits=only_changes)] == ["entry", "link"]


def test_what_is_blocked_already_does_not_count() -> None:
    actions = changes(Action.DELETE, 7)
    blocked = [replace(one, blocked=Block(BlockKind.PROTECTED, "protected")) for one in actions[:2]]
    assert found(*blocked, *actions[2:], limits=(Limit(max_delete=Most(number=5)),)) == ()
    assert found(*blocked, *actions[2:], recorded=7, limits=()) == (), "nor against half of everything"


@pytest.mark.parametrize(("number", "lifted"), [(None, False), (6, False), (8, False), (7, True)])
def test_only_the_exact_number_of_the_whole_plan_lifts_all_of_them(number: int | None, lifted: bool) -> None:
    """Also the built-in one: more than half of all that is recorded."""
    actions = (*changes(Action.DELETE, 4), *changes(Action.DELETE, 3, "link"))
    limits = (Limit(max_delete=Most(number=2)),)
    shown = found(*actions, recorded=10, limits=limits, allowed=Allowed(number))
    assert [(item.type, item.flag) for item in shown] == (
        []
        if lifted
        else [("", "--allow-delete 7"), ("entry", "--allow-delete 7"), ("link", "--allow-delete 7")]
    )


def test_a_destroy_has_the_operators_limits_and_not_the_built_in_one() -> None:
    actions = changes(Action.DELETE, 7)
    assert found(*actions, recorded=7, limits=(), mode=Mode.DESTROY) == ()
    assert found(*actions, recorded=7, limits=(Limit(max_delete=Most(number=2)),), mode=Mode.DESTROY)


@pytest.mark.parametrize("mode", [Mode.REFRESH_ONLY, Mode.ROTATE])
def test_drift_and_rotations_have_no_limit(mode: Mode) -> None:
    limits = (Limit(max_delete=Most(number=0), max_change=Most(number=0)),)
    assert found(*changes(Action.UPDATE, 7), limits=limits, mode=mode) == ()


def test_a_breach_blocks_its_actions_and_names_counts_and_option() -> None:
    actions = changes(Action.DELETE, 7)
    found_blocks = blocks(found(*actions, KEPT, limits=SHARE))
    assert found_blocks.keys() == {change.address for change in actions}
    (text,) = {block.text for block in found_blocks.values()}
    assert text == (
        "over the limit: 7 of 20 entry on dc1, max_delete is 30%; --allow-delete 7 allows it once"
    )
    assert {block.kind for block in found_blocks.values()} == {BlockKind.OVER_LIMIT}


def test_a_name_in_a_limit_that_is_not_known_is_reported() -> None:
    limits = (Limit(("dc1", "eu-*")), Limit(("dc9",)), Limit((), ("peering", "peerings", "acl_*")))
    assert [*unmatched(limits, {"dc1"}, {"peering"}.__contains__)] == [
        "safety.limits[1] in reconciler.yaml: there is no cluster dc9",
        "safety.limits[2] in reconciler.yaml: there is no type peerings",
    ]
