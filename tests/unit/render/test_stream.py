"""The lines of `apply --json`: each has its level, its type and the values that a program decides by."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.change import Action, Reason
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.event import Event, Failed, Outcome, Progress, Skipped, SkipReason, Started, Succeeded
from reconciler.model.event import Unconfirmed as Lost
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode
from reconciler.render.apply import stream
from reconciler.sdk.errors import Conflict, Denied
from reconciler.sdk.foresight import Way
from tests.support import samples as s

MESH = s.at("mesh.lab/mesh")
RESOURCE = {
    "addr": "mesh.lab/mesh",
    "module": "",
    "resource": "mesh.lab/mesh",
    "resource_type": "mesh",
    "resource_name": "mesh",
    "resource_key": None,
}
DENIED = Denied("403 no", hint="add a rule")


def test_every_line_has_the_envelope() -> None:
    assert stream.version_message("1.2.3") == {
        "@level": "info",
        "@message": "reconciler 1.2.3",
        "@module": "reconciler.ui",
        "type": "version",
        "reconciler": "1.2.3",
        "ui": "1.3",
    }


@pytest.mark.parametrize(
    ("severity", "level", "text"),
    [(Severity.ERROR, "error", "Error: not good"), (Severity.WARNING, "warn", "Warning: not good")],
)
def test_a_problem_of_the_configuration(severity: Severity, level: str, text: str) -> None:
    found = stream.diagnostic_message(Diagnostic(severity, "bad-value", "not good"))
    assert (found["type"], found["@level"], found["@message"]) == ("diagnostic", level, text)
    assert found["diagnostic"]["summary"] == "not good"


def test_a_failure_is_its_problems_or_itself() -> None:
    one = stream.failure_messages(Failure(Cause.STATE_LOCKED, "the state is locked"))
    assert [(item["@level"], item["@message"]) for item in one] == [("error", "Error: the state is locked")]
    assert one[0]["type"] == "diagnostic"
    several = Failure(Cause.CONFIGURATION, "2 errors", diagnostics=s.PROBLEMS)
    assert len(stream.failure_messages(several)) == len(s.PROBLEMS)


@pytest.mark.parametrize(
    ("event", "kind", "level", "hook"),
    [
        (Started(MESH, Action.CREATE), "apply_start", "info", {"action": "create"}),
        (
            Started(MESH, Action.DELETE, Way.TAKE_DOWN),
            "apply_start",
            "info",
            {"action": "delete", "interim": Way.TAKE_DOWN.value},
        ),
        (
            Progress(MESH, Action.REPLACE, "waits", 1.23456),
            "apply_progress",
            "info",
            {"action": "replace", "elapsed_seconds": 1.235},
        ),
        (
            Succeeded(MESH, Action.ROTATE, 2.0),
            "apply_complete",
            "info",
            {"action": "update", "elapsed_seconds": 2.0},
        ),
        (
            Failed(MESH, Action.UPDATE, 0.5, DENIED, left="it stays away"),
            "apply_errored",
            "error",
            {
                "action": "update",
                "left": "it stays away",
                "elapsed_seconds": 0.5,
                "error": {"code": DENIED.code, "message": "403 no", "hint": "add a rule"},
            },
        ),
        (
            Lost(MESH, Action.FORGET, 0.5, Conflict("changed")),
            "apply_unconfirmed",
            "error",
            {
                "action": "remove",
                "elapsed_seconds": 0.5,
                "error": {"code": Conflict("changed").code, "message": "changed", "hint": ""},
            },
        ),
        (
            Skipped(MESH, Action.CREATE, SkipReason.BLOCKED, "protected"),
            "apply_skipped",
            "info",
            {"action": "create", "skip_reason": "blocked", "because": "protected"},
        ),
    ],
)
def test_an_event(event: Event, kind: str, level: str, hook: dict[str, Any]) -> None:
    found = stream.event_message(event)
    assert (found["type"], found["@level"]) == (kind, level)
    assert found["hook"] == {"resource": RESOURCE, **hook}
    assert found["@message"].startswith("mesh.lab/mesh: ")


def test_a_plan_is_what_drifted_what_is_planned_and_the_counts() -> None:
    plain = s.change("mesh.lab/mesh", Action.CREATE, after={})
    found = stream.plan_messages(s.plan(*s.DRIFT_ONLY.changes, plain))
    assert [(item["type"], item.get("change", {}).get("action")) for item in found] == [
        ("resource_drift", "update"),
        ("resource_drift", "delete"),
        ("planned_change", "remove"),
        ("planned_change", "create"),
        ("change_summary", None),
    ]
    assert found[2]["change"]["reason"] == Reason.ALREADY_GONE.value
    assert "reason" not in found[3]["change"]
    counts = {"add": 1, "change": 0, "import": 0, "remove": 0, "operation": "plan"}
    assert found[-1]["changes"] == counts


def test_an_interim_step_is_a_line_of_its_own_before_the_change() -> None:
    found = [item for item in stream.plan_messages(s.TRANSITION) if "change" in item]
    steps = [(item["type"], item["change"]["resource"]["addr"]) for item in found]
    for number, (kind, address) in enumerate(steps):
        if kind == "planned_interim":
            assert steps[number + 1] == ("planned_change", address)
            assert found[number]["change"]["interim"]
    assert "planned_interim" in {kind for kind, _ in steps}


def test_the_last_line_has_the_counts() -> None:
    done = stream.outcome_message(s.FIRST, s.DONE)
    assert done["@message"] == "Apply complete! Resources: 2 added, 1 changed, 0 destroyed."
    assert done["changes"] == {
        **{"add": 2, "change": 1, "import": 0, "remove": 0, "operation": "apply"},
        **{"failed": 0, "skipped": 0},
    }
    partly = stream.outcome_message(s.plan(mode=Mode.DESTROY), s.PARTLY)
    assert partly["@message"] == "2 applied, 1 failed, 1 skipped"
    assert (partly["changes"]["failed"], partly["changes"]["skipped"]) == (1, 1)
    assert partly["changes"]["operation"] == "destroy"
    lost = Lost(MESH, Action.UPDATE, 0.5, Conflict("changed"))
    records = stream.outcome_message(s.FIRST, Outcome(moved=3, forgotten=4))
    assert (records["changes"]["move"], records["changes"]["forget"]) == (3, 4)
    unconfirmed = stream.outcome_message(s.FIRST, Outcome(unconfirmed=(lost,), interim=2))
    assert (unconfirmed["changes"]["unconfirmed"], unconfirmed["changes"]["interim"]) == (1, 2)


def test_what_was_not_confirmed_and_notes_come_besides() -> None:
    lost = Lost(MESH, Action.UPDATE, 0.5, Conflict("changed"))
    found = stream.note_messages(Outcome(unconfirmed=(lost,), notes=("moved",)))
    assert [(item["type"], item["@level"], item["@message"]) for item in found] == [
        ("apply_unconfirmed", "error", "mesh.lab/mesh: Not as written: changed"),
        ("log", "warn", "moved"),
    ]
