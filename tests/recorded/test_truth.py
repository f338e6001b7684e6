"""Who can call whom is answered as real proxies behaved: each recorded request, on each version."""

from __future__ import annotations

from collections import Counter

from reconciler_consul.access import ConsulAnalysis
from tests.recorded.truth import Asked, differences, recorded
from tests.support.tables import each

REQUESTS = list(recorded())


def test_the_recordings_are_all_there() -> None:
    observed = Counter(asked.observed["observed"] for asked in REQUESTS)
    assert set(observed) == {"allowed", "denied", "unreachable", "mixed", "refused"}
    assert len(REQUESTS) > 1000


@each("asked", REQUESTS, ids=lambda asked: f"{asked.id}-{asked.version}")
def test_an_answer_is_what_was_observed(asked: Asked) -> None:
    analysis = ConsulAnalysis(asked.world)
    for question in asked.questions:
        assert differences(analysis.answer(question), asked) == [], question


@each("asked", REQUESTS, ids=lambda asked: f"{asked.id}-{asked.version}")
def test_without_its_request_an_answer_does_not_contradict(asked: Asked) -> None:
    """Where nothing of the request is known, the answer is the observed one, or it depends. Requests that
    a proxy rejects before it looks at intentions are not thought of then; and where every request is denied,
    several proxies may do so."""
    analysis = ConsulAnalysis(asked.world)
    question = asked.questions[0]
    answer = analysis.answer(type(question)(question.caller, None, question.upstream))
    if asked.observed["observed"] == "refused" or asked.id.startswith("normal-reject"):
        return
    if answer.decision.value not in ("depends", "mixed"):
        assert set(differences(answer, asked)) <= {"denied_at None"}


@each(
    "asked",
    [asked for asked in REQUESTS if asked.id.startswith("drawn") and asked.observed["observed"] != "refused"],
    ids=lambda asked: f"{asked.id}-{asked.version}",
)
def test_a_snapshot_of_what_servers_hold_answers_alike(asked: Asked) -> None:
    """Such a world is not asked whether servers would take it."""
    analysis = ConsulAnalysis({**asked.world, "taken_at": "now"})
    assert differences(analysis.answer(asked.questions[0]), asked) == []
