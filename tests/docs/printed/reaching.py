"""What `rehearse` and `doctor` print with --json, with every key filled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model.reaching.checkup import Checkup
from reconciler.model.reaching.rehearsal import Moment, Rehearsal, Spell, Staged
from reconciler.render.doctor.as_json import checkup_value
from reconciler.render.rehearsal.as_json import value_of
from reconciler.sdk.access.answer import Decision
from reconciler.sdk.access.diagnosis import Diagnosis, Severity
from reconciler.sdk.access.rehearsal import Rehearsed
from tests.support.access.samples import API, EXPORTS, WEB, answer

UNKNOWN = {"dc3": "it does not answer"}
CALL = Rehearsed(answer(Decision.ALLOWED), answer(Decision.DENIED))


def documents() -> Iterator[tuple[str, Any]]:
    """Yield the documents, each with the section of docs/json.md that is about it."""
    yield "rehearse", value_of(Rehearsal(("dc1 is down",), (CALL,), unknown=UNKNOWN))
    moment = Moment(1, EXPORTS, "update", opens=(CALL,), closes=(CALL,), changes=(CALL,))
    spell = Spell(WEB, API, True, moment, moment)
    yield "rehearse", value_of(Staged("plan.json", (moment,), (spell,), unknown=UNKNOWN))
    follows = Diagnosis("link-failing", Severity.ERROR, "the peering with dc1 is FAILING on dc2")
    found = Diagnosis("gateway-absent", Severity.ERROR, "dc1 has no mesh gateway", consequences=(follows,))
    yield "doctor", checkup_value(Checkup((found,), ("dc1",), unknown=UNKNOWN))
