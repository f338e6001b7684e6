"""Interim steps for machines: messages of their own beside Terraform's, and keys of their own in plans."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.change import Action
from reconciler.model.event import Event, Failed, Outcome, Progress, Skipped, SkipReason, Started, Succeeded
from reconciler.model.failure import ExitCode
from reconciler.model.verdict.applies import apply_verdict
from reconciler.render.apply.stream import event_message, outcome_message, plan_messages
from reconciler.render.plan.as_json import plan_value
from reconciler.sdk.errors import Denied
from reconciler.sdk.foresight import Way
from tests.support import samples as s

WHERE, DOWN = s.API_SPLITTER.address, Way.TAKE_DOWN


def test_an_interim_step_comes_before_its_change_and_is_not_a_planned_change() -> None:
    messages = plan_messages(s.TRANSITION)

    mine = [m for m in messages if str(WHERE) in m["@message"]]
    assert [m["type"] for m in mine] == ["planned_interim", "planned_change"]
    assert mine[0]["change"]["action"] == "delete"
    assert mine[0]["change"]["interim"]["cuts"] is True
    assert mine[1]["change"]["reason"] == "replace_because_taken_down"
    assert sum(m["type"] == "planned_change" for m in messages) == len(s.TRANSITION.actions)
    assert messages[-1]["changes"]["interim"] == 5


def test_a_plan_without_any_says_nothing_of_them() -> None:
    assert "interim" not in plan_messages(s.FIRST)[-1]["changes"]


@pytest.mark.parametrize(
    "event",
    [
        Started(WHERE, Action.DELETE, DOWN),
        Progress(WHERE, Action.DELETE, "waits", 1.0, DOWN),
        Succeeded(WHERE, Action.DELETE, 1.0, "", DOWN),
        Failed(WHERE, Action.DELETE, 1.0, Denied("no"), DOWN),
    ],
)
def test_each_event_of_one_says_so(event: Event) -> None:
    assert event_message(event)["hook"]["interim"] == "take-down"


def test_events_of_changes_do_not() -> None:
    assert "interim" not in event_message(Started(WHERE, Action.REPLACE))["hook"]


@pytest.mark.parametrize(
    "event",
    [
        Skipped(WHERE, Action.REPLACE, SkipReason.INTERRUPTED, "interrupted", "it stays taken down"),
        Failed(WHERE, Action.REPLACE, 1.0, Denied("no"), left="it stays taken down"),
    ],
)
def test_what_is_left_in_between_is_said(event: Event) -> None:
    message = event_message(event)
    assert message["hook"]["left"] == "it stays taken down"
    assert message["@message"].endswith("it stays taken down")


def test_the_last_message_counts_what_was_done_in_between() -> None:
    assert outcome_message(s.TRANSITION, s.WENT)["changes"]["interim"] == 5


def test_plan_json_has_each_object_once_with_its_interim_step() -> None:
    value = plan_value(s.TRANSITION, "1")

    changes = {item["address"]: item["change"]["actions"] for item in value["resource_changes"]}
    assert changes[str(WHERE)] == ["delete", "create"]
    assert len(changes) == len(s.TRANSITION.changes)
    places = {item["address"]: item for item in value["actions_order"]}
    assert places[str(WHERE)]["interim"]["index"] == 4
    assert places[str(WHERE)]["interim"]["way"] == "take-down"
    assert places[str(s.WEB_SPLITTER.address)]["interim"] is None
    assert places[str(s.WEB_SPLITTER.address)]["waits_for_interim"] == [str(s.WEB.address)]
    assert value["summary"]["interim"] == 5


def test_an_update_taken_down_whole_is_delete_and_create_in_json() -> None:
    value = plan_value(s.plan(replace(s.API_SPLITTER, action=Action.UPDATE)), "1")
    assert value["resource_changes"][0]["change"]["actions"] == ["delete", "create"]


def test_a_run_that_did_nothing_but_an_interim_step_is_applied_in_part() -> None:
    failed = Failed(WHERE, Action.REPLACE, 1.0, Denied("no"), left="it stays taken down")
    assert apply_verdict(s.TRANSITION, Outcome(failed=(failed,), interim=1)).exit_code is ExitCode.PARTIAL
    assert apply_verdict(s.TRANSITION, Outcome(failed=(failed,))).exit_code is ExitCode.ERROR
