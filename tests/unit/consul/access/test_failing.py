"""Requests of which none gets an answer, whatever they are: how they fail is all that depends on them."""

from __future__ import annotations

from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.question import Service
from reconciler_consul.access.judging.outcome import Branch, Outcome, split, told_apart, unsure

API = Service("dc1", "api")
DENIED = Outcome(Decision.DENIED, denied_at=API)
DEAD = Outcome(Decision.UNREACHABLE)
ANSWERED = Outcome(Decision.ALLOWED, answered_by=API)
IN_SHARES = split((), [(90, DENIED), (10, DEAD)])


def test_denied_here_and_not_there_elsewhere_is_no_answer() -> None:
    found = told_apart([Branch("GET /a", DENIED), Branch(None, DEAD)])
    assert (found.decision, found.fails) == (Decision.DEPENDS, True)
    assert found.conditions == ("GET /a: denied",)
    assert unsure("the peering is FAILING", [DENIED, DEAD]).fails


def test_shares_of_which_none_answers_are_no_answer() -> None:
    assert (IN_SHARES.decision, IN_SHARES.fails) == (Decision.MIXED, True)
    found = told_apart([Branch("/a*", DENIED), Branch(None, IN_SHARES)])
    assert found.fails
    assert found.conditions == ("/a*: denied",)


def test_one_answer_is_enough() -> None:
    assert not told_apart([Branch("GET /a", ANSWERED), Branch(None, DENIED)]).fails
    assert not unsure("the default is not known", [ANSWERED, DENIED]).fails
    assert not split((), [(50, ANSWERED), (50, DEAD)]).fails
