"""Actions that are not known to leave all access in place, where nothing says what they do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.guarding.safe import NOT_KNOWN, unsafe
from reconciler.model.block import Block, BlockKind
from reconciler.model.change import Action, Change, Interim
from reconciler.model.plan import Mode, Plan, SeenCluster
from reconciler.model.reaching.diff import KEPT, AccessDiff, Between, Effect, Path, Radius, Risk
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Service
from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Way

AT = Address("service_intentions", "dc1", "api")
CHANGE = Change(AT, Action.UPDATE, provider="consul")
UP = {name: SeenCluster(name, "http://h") for name in ("dc1", "dc2", "dc3")}
NEAR = {"dc1": ["dc2"], "dc2": ["dc1"]}


def plan(access: AccessDiff | None, change: Change = CHANGE, down: str = "") -> Plan:
    clusters = {n: replace(one, problem="no answer" if n == down else "") for n, one in UP.items()}
    return Plan(Mode.NORMAL, (change,), clusters=clusters, access=access)


def found(plan: Plan, *analysed: str) -> dict[Address, str]:
    return unsafe(plan, analysed or ("consul",), NEAR)


def test_what_changes_no_access_is_safe() -> None:
    assert found(plan(AccessDiff())) == {}


def test_nothing_is_safe_where_nothing_says_what_it_does() -> None:
    assert found(plan(None)) == {AT: NOT_KNOWN}
    assert found(plan(AccessDiff()), "other") == {AT: NOT_KNOWN}


def test_a_neighbour_that_does_not_answer_makes_it_unsafe_and_a_stranger_does_not() -> None:
    assert found(plan(AccessDiff(), down="dc2")) == {AT: "the access of dc2 is not known"}
    assert found(plan(AccessDiff(), down="dc3")) == {}
    assert found(plan(AccessDiff(unknown={"peer:partner": "it is not known"}))) == {
        AT: "the access of partner is not known"
    }


@pytest.mark.parametrize("risk", [Risk.CLOSES, Risk.BREAKS])
def test_what_closes_or_breaks_is_unsafe(risk: Risk) -> None:
    assert AT in found(plan(AccessDiff(radii=(Radius(AT, risk),))))


def test_what_opens_is_safe_and_what_is_blocked_is_left_alone() -> None:
    assert found(plan(AccessDiff(radii=(Radius(AT, Risk.OPENS, opens=3),)))) == {}
    blocked = replace(CHANGE, blocked=Block(BlockKind.POLICY, "no"))
    assert found(plan(AccessDiff(radii=(Radius(AT, Risk.BREAKS),)), blocked)) == {}


def test_a_neighbour_is_also_the_other_end_of_the_object() -> None:
    link = replace(CHANGE, address=Address("peering", "dc1", "dc3"))
    assert found(plan(AccessDiff(), link, down="dc3")) == {link.address: "the access of dc3 is not known"}


def test_what_an_action_would_do_if_it_were_not_blocked_is_not_done() -> None:
    assert found(plan(AccessDiff(radii=(Radius(AT, Risk.CLOSES, closes=1, would=True),)))) == {}


def test_a_rotation_is_safe_whatever_is_known() -> None:
    assert found(plan(None, replace(CHANGE, action=Action.ROTATE))) == {}


@pytest.mark.parametrize(
    ("interim", "safe"),
    [
        (Interim(Way.TAKE_DOWN), False),
        (Interim(Way.WIDEN, after={"Weight": 1}, cuts=True), False),
        (Interim(Way.WIDEN, after={"Weight": 1}, opens=True), True),
    ],
)
def test_an_interim_step_that_closes_access_is_unsafe(interim: Interim, safe: bool) -> None:
    shown = found(plan(AccessDiff(), replace(CHANGE, interim=interim)))
    assert shown == ({} if safe else {AT: "its interim step closes access for a while"})


LESS = {AT: "it limits access"}


@pytest.mark.parametrize(
    ("after", "count", "shown"),
    [
        (Decision.DEPENDS, 1, LESS),
        (Decision.ALLOWED, 1, {}),
        (Decision.ALLOWED, KEPT + 1, LESS),  # not all of them are kept by name
    ],
)
def test_a_path_that_lets_less_through_is_unsafe(
    after: Decision, count: int, shown: dict[Address, str]
) -> None:
    web, api = Service("dc2", "web"), Service("dc1", "api")
    path = Path(web, api, Effect.CHANGES, Decision.ALLOWED, after, objects=(AT,))
    between = (Between("dc2", "dc1", changes=count),)
    radius = Radius(AT, Risk.OPENS, changes=count)
    assert found(plan(AccessDiff((path,), between=between, radii=(radius,)))) == shown


def test_a_path_that_closes_with_no_action_behind_it_makes_all_unsafe() -> None:
    web, api = Service("dc2", "web"), Service("dc1", "api")
    path = Path(web, api, Effect.CLOSES, Decision.ALLOWED, Decision.DENIED)
    assert found(plan(AccessDiff((path,), between=(Between("dc2", "dc1", closes=1),)))) == {AT: NOT_KNOWN}
