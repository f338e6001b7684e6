"""Blocks: their kinds, their places, and how a saved plan keeps them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Change, Drift
from reconciler.model.diagnostic import Position
from reconciler.model.plan import Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.render.plan.actions import header
from tests.support import samples as s
from tests.support.tables import each

HERE, GUARD = Position("a.yaml", 3, 5), Position("a.yaml", 9, 3)
DECLARED = replace(s.CREATE, origin=HERE, protected_at=GUARD)
TEXT = "needs [1.2.3.4]"  # ends as the rule of a check does
ABOUT_THE_DECLARATION = {BlockKind.PROTECTED: GUARD, BlockKind.FAILED_CHECK: HERE}


def blocked(kind: BlockKind) -> Change:
    return replace(DECLARED, blocked=Block(kind, TEXT))


@each("kind", BlockKind)
def test_a_place_is_shown_where_the_configuration_is_what_blocks(kind: BlockKind) -> None:
    place = ABOUT_THE_DECLARATION.get(kind)
    assert blocked(kind).blocked_at == place
    assert header(blocked(kind))[-1] == (f"{TEXT} ({place})" if place else TEXT)


def test_what_is_protected_only_in_the_state_is_shown_where_it_is_declared() -> None:
    assert replace(blocked(BlockKind.PROTECTED), protected_at=None).blocked_at == HERE


def test_what_is_not_blocked_has_no_such_place() -> None:
    assert DECLARED.blocked_at is None


@each("kind", BlockKind)
def test_a_saved_plan_keeps_what_blocks_and_the_paths_of_others(kind: BlockKind) -> None:
    plan = s.plan(replace(blocked(kind), unmanaged=(("Services", "a.b"), ("Meta", "by"))))
    assert decode(json.loads(json.dumps(encode(plan)))) == plan


@pytest.mark.parametrize("plan", [s.DRIFT_ONLY, s.EVERYTHING], ids=["drift", "everything"])
def test_a_saved_plan_keeps_what_drifted(plan: Plan) -> None:
    assert plan.drifted
    assert decode(json.loads(json.dumps(encode(plan)))) == replace(plan, seal=None)


@pytest.mark.parametrize(
    "drift", [Drift(deleted=True), Drift(broken="FAILING"), s.DRIFT_ONLY.drifted[0].drift]
)
def test_what_went_broke_or_changed_is_drift(drift: Drift) -> None:
    assert drift
    assert s.plan(replace(s.CREATE, drift=drift)).drifted


def test_nothing_is_no_drift() -> None:
    assert not Drift()


def test_a_plan_with_a_block_of_another_kind_is_none() -> None:
    value = encode(s.plan(blocked(BlockKind.PROTECTED)))
    value["changes"][0]["blocked"]["kind"] = "whim"
    with pytest.raises(ValueError, match="whim"):
        decode(value)
