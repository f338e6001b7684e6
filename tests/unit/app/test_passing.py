"""Access that a plan takes away until a later action gives it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.app.planning.access import passing
from reconciler.app.planning.access.before import Before
from reconciler.app.planning.access.passing import cut_for_a_while
from reconciler.engine.order.access import OneSided
from reconciler.model.change import Change
from reconciler.sdk.access.answer import Answer, Decision, Share
from reconciler.sdk.access.question import Question, Service
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from tests.support.access.toy import ToyAnalyses
from tests.unit.app.test_access_diff import WEB, change, made, opens

SAID = f"it closes access for a while: {WEB}"


def cut(*changes: Change, known: OneSided | None = None) -> Mapping[str, str]:
    toy = ToyAnalyses()
    live: dict[Address, Body] = {one.address: dict(one.before) for one in changes if one.before is not None}
    world = toy.declared(live)
    before = {"toy": Before("toy", toy, world, toy.analysis(world))}
    found = cut_for_a_while(made(*changes), before, known or OneSided())
    return {str(address): why for address, why in found.items()}


MOVED = (change("rule.dc2/old", opens(WEB)), change("rule.dc2/new", None, opens(WEB)))


def test_what_goes_before_it_comes_elsewhere_is_cut_for_a_while() -> None:
    assert cut(*MOVED) == {"rule.dc2/old": SAID}


def test_what_comes_before_it_goes_elsewhere_is_not() -> None:
    assert cut(*reversed(MOVED)) == {}


def test_what_was_not_there_at_first_is_not_missed() -> None:
    made_and_gone = (
        change("rule.dc2/one", None, opens(WEB)),
        change("rule.dc2/one", opens(WEB)),
        change("rule.dc2/new", None, opens(WEB)),
    )
    toy = ToyAnalyses()
    world = toy.declared({})
    before = {"toy": Before("toy", toy, world, toy.analysis(world))}
    assert cut_for_a_while(made(*made_and_gone), before, OneSided()) == {}


def test_between_steps_that_only_open_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(Before, "after", lambda *_: looked.append(1))
    only = [change(f"rule.dc2/{n}", None, opens(WEB)) for n in range(5)]
    known = OneSided(opening=frozenset(one.address for one in only))
    assert cut(*only, known=known) == {}
    assert looked == []


def test_of_many_states_in_between_some_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passing, "LOOKED_AT", 3)
    others = [change(f"rule.dc2/{n}", None, opens(f"app@dc1 -> s{n}@dc2")) for n in range(20)]
    assert cut(MOVED[0], *others, MOVED[1]) == {"rule.dc2/old": SAID}


def test_a_share_that_gets_no_answer_any_more_is_less() -> None:
    whole = Answer(Question(Service("dc1", "web"), Service("dc2", "api")), Decision.MIXED)
    first = replace(whole, shares=(Share(50, Decision.ALLOWED), Share(50, Decision.DEPENDS)))
    now = replace(whole, shares=(Share(50, Decision.ALLOWED), Share(50, Decision.DENIED)))
    assert passing._is_less(first, now)
    assert not passing._is_less(first, first)
