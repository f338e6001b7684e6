"""What has to be confirmed by its address: what goes whole, and what takes access away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.guarding.confirming import asked, listed
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Interim
from reconciler.model.plan import Mode, Plan
from reconciler.model.reaching.diff import AccessDiff, Radius, Risk
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way

LINK, ENTRY = Address("link", "dc1", "dc2"), Address("entry", "dc1", "api")
UPDATE = Change(LINK, Action.UPDATE, provider="memory", before={"a": 1}, after={"a": 2})
REMADE = replace(UPDATE, interim=Interim(Way.TAKE_DOWN))
WIDENED = replace(UPDATE, interim=Interim(Way.WIDEN, after={"a": 3}))
DELETE = replace(UPDATE, action=Action.DELETE, after=None)
BLOCKED = replace(DELETE, blocked=Block(BlockKind.PROTECTED, "protected"))


def plan(change: Change, risk: Risk | None = None) -> Plan:
    radii = (Radius(change.address, risk),) if risk is not None else ()
    return Plan(Mode.NORMAL, (change,), access=AccessDiff(radii=radii))


def both(made: Plan) -> tuple[bool, bool]:
    """Whether it is asked for at a terminal, and whether it is where the operator lists everything."""
    return bool(asked(made, lambda address: address.type == "link")), bool(listed(made, ("*",)))


@pytest.mark.parametrize(
    ("change", "is_asked", "is_listed"),
    [
        (DELETE, True, True),
        (replace(UPDATE, action=Action.REPLACE), True, True),
        (REMADE, True, True),
        (WIDENED, False, False),
        (UPDATE, False, False),
        (BLOCKED, False, False),
        (replace(DELETE, address=ENTRY), False, True),
    ],
)
def test_what_goes_whole(change: Change, is_asked: bool, is_listed: bool) -> None:
    assert both(plan(change)) == (is_asked, is_listed)


@pytest.mark.parametrize(
    ("risk", "is_asked", "is_listed"),
    [(Risk.BREAKS, True, True), (Risk.CLOSES, False, True), (Risk.OPENS, False, False)],
)
def test_what_takes_access_away(risk: Risk, is_asked: bool, is_listed: bool) -> None:
    assert both(plan(replace(UPDATE, address=ENTRY), risk)) == (is_asked, is_listed)


def test_only_what_a_glob_of_the_operator_matches() -> None:
    assert listed(plan(DELETE), ("entry.*", "link.dc2/*")) == ()
    assert listed(plan(DELETE), ("entry.*", "link.dc1/*")) == (LINK,)
