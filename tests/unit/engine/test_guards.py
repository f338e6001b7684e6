"""Guards: when a run as a whole is stopped, at their edges."""

from __future__ import annotations

import pytest

from reconciler.engine.guarding.limits import breaches
from reconciler.engine.guards import Claim, check_nothing_left_out, check_owner
from reconciler.model.change import Action, Change
from reconciler.model.failure import Cause, Failure
from reconciler.model.guarding.limits import Allowed
from reconciler.model.plan import Mode, Plan
from reconciler.model.state import Owner, Recorded, State
from reconciler.sdk.address import Address
from tests.support.tables import each


def addresses(*names: str) -> list[Address]:
    return [Address("service_defaults", "dc1", name) for name in names]


def state(owner: Owner | None, *names: str) -> State:
    return State("l", 1, {}, {at: Recorded(at, {}, "memory") for at in addresses(*names)}, owner=owner)


SHOP = Owner("shop", ("../a.yaml",))
FILES = Owner(None, ("../a.yaml", "../b.yaml"))


@each(
    ("owner", "held", "asks", "declared", "refused"),
    [
        (SHOP, "abcd", Owner("shop", ("../other.yaml",)), "", False),
        (SHOP, "abcd", Owner("pay", ("../a.yaml",)), "abcd", True),
        (SHOP, "abcd", Owner(None, ("../a.yaml",)), "abcd", True),
        (SHOP, "", Owner("pay"), "abcd", False),
        (FILES, "abcd", Owner(None, ("../b.yaml", "../c.yaml")), "", False),
        (FILES, "abcd", Owner(None, ("../c.yaml",)), "ab", False),
        (FILES, "abcd", Owner(None, ("../c.yaml",)), "axyz", True),
        (FILES, "abcd", Owner("shop", ("../a.yaml",)), "abcd", False),
        (None, "abcd", Owner("shop", ("../a.yaml",)), "abxy", False),
        (None, "abcd", Owner(None, ("../a.yaml",)), "axyz", True),
    ],
    ids=[
        "a name and other files",
        "another name and the same files",
        "no name any longer",
        "nothing recorded",
        "one file in common",
        "no file, and half of it declared",
        "no file, and less than half",
        "it gets a name",
        "no owner yet, and half of it declared",
        "no owner yet, and less than half",
    ],
)
def test_whose_state_it_is(owner: Owner | None, held: str, asks: Owner, declared: str, refused: bool) -> None:
    recorded = state(owner, *held)
    if not refused:
        check_owner(Claim(asks), addresses(*declared), recorded)
        return
    with pytest.raises(Failure) as stopped:
        check_owner(Claim(asks), addresses(*declared), recorded)
    assert stopped.value.cause is Cause.FOREIGN_STATE
    assert "reconciler state claim" in stopped.value.hint


def deleting(number: int, mode: Mode = Mode.NORMAL) -> Plan:
    return Plan(
        mode,
        tuple(Change(at, Action.DELETE, provider="memory") for at in addresses(*map(str, range(number)))),
    )


@pytest.mark.parametrize(
    ("going", "held", "allowed", "stopped"),
    [
        (5, 5, None, False),
        (6, 6, None, True),
        (6, 11, None, True),
        (6, 12, None, False),
        (50, 100, None, False),
        (51, 100, None, True),
        (51, 100, 51, False),
        (51, 100, 50, True),
        (51, 100, 100, True),
    ],
)
def test_most_of_what_is_recorded_takes_the_exact_number(
    going: int, held: int, allowed: int | None, stopped: bool
) -> None:
    recorded = state(None, *map(str, range(held)))
    found = breaches(deleting(going), recorded.resources, (), Allowed(allowed))
    assert [item.is_of_everything for item in found] == [True] * stopped
    assert breaches(deleting(going, Mode.DESTROY), recorded.resources, (), Allowed(allowed)) == ()


def test_files_that_were_left_out_stop_removals_only() -> None:
    claim = Claim(Owner(None, ("../a.yaml",)), left_out=("../b.yaml",))
    check_nothing_left_out(claim, deleting(0))
    check_nothing_left_out(claim, deleting(1, Mode.DESTROY))
    check_nothing_left_out(Claim(Owner()), deleting(1))
    with pytest.raises(Failure, match=r"\.\./b\.yaml was part of the last apply"):
        check_nothing_left_out(claim, deleting(1))
