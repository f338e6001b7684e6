"""The plan as JSON: the shape that tools for Terraform's plans expect, and our own keys beside it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from reconciler.model.block import Block, BlockKind
from reconciler.model.plan import Plan, Selection
from reconciler.render.plan.as_json import plan_value
from tests.support import samples as s

ACTIONS = (["no-op"], ["create"], ["update"], ["delete"], ["delete", "create"], ["forget"])
THEIRS = {"address", "mode", "type", "name", "provider_name", "change", "action_reason"}
CHANGE = {
    "actions",
    "before",
    "after",
    "after_unknown",
    "before_sensitive",
    "after_sensitive",
    "replace_paths",
}


def value(plan: Plan) -> dict[str, Any]:
    return dict(json.loads(json.dumps(plan_value(plan, "1.2.3"))))


def changes(plan: Plan) -> dict[str, Any]:
    return {item["address"]: item for item in value(plan)["resource_changes"]}


@pytest.mark.parametrize("plan", [s.FIRST, s.EVERYTHING, s.DRIFT_ONLY, s.NOTHING])
def test_the_shape_of_resource_changes(plan: Plan) -> None:
    found = value(plan)
    assert found["format_version"] == "1.2"
    for item in (*found["resource_changes"], *found["resource_drift"]):
        assert item.keys() <= THEIRS, "nothing of ours stands inside an object of theirs"
        assert item["mode"] == "managed"
        assert item["address"].startswith(item["type"] + ".")
        assert item["change"].keys() <= CHANGE
        assert item["change"]["actions"] in ACTIONS
        assert (item["change"]["after_sensitive"] is False) == (item["change"]["after"] is None)


def test_every_action() -> None:
    found = {name: item["change"]["actions"] for name, item in changes(s.EVERYTHING).items()}
    assert found["service_resolver.south/catalog"] == ["create"]
    assert found["service_splitter.south/api"] == ["update"]
    assert found["peering.north/south"] == ["delete", "create"]
    assert found["peering.north/west"] == ["delete"]
    assert found["service_defaults.south/api"] == ["no-op"]
    assert found["service_router.south/old"] == ["forget"]


def test_a_delete_leaves_nothing_of_ours() -> None:
    given_up = changes(s.EVERYTHING)["exported_services.lab/default"]["change"]
    assert given_up["actions"] == ["delete"]
    assert given_up["after"] is None


def test_what_forces_a_replacement() -> None:
    item = changes(s.EVERYTHING)["peering.north/south"]
    assert item["change"]["replace_paths"] == [["Names", "north"]]
    assert item["action_reason"] == "replace_because_cannot_update"


def test_drift() -> None:
    found = {item["address"]: item["change"] for item in value(s.EVERYTHING)["resource_drift"]}
    changed = found["service_intentions.north/catalog"]
    assert changed["before"] == {"Sources": {"web@south": {"Action": "allow"}}}
    assert changed["after"]["Sources"]["web@south"] == {"Action": "deny"}
    assert changed["after"]["Sources"]["intruder"] == {"Name": "intruder", "Action": "allow"}
    assert found["service_resolver.south/catalog"]["actions"] == ["delete"]


def test_deferred() -> None:
    found = value(s.EVERYTHING)
    assert found["complete"] is False
    assert [item["resource_change"]["address"] for item in found["deferred_changes"]] == [
        "peering.lab/west",
        "service_resolver.west/api",
        "service_intentions.lab/api",
    ]


def test_applyable_and_complete() -> None:
    assert [value(s.FIRST)[key] for key in ("applyable", "complete", "errored")] == [True, True, False]
    assert value(s.NOTHING)["applyable"] is False
    narrowed = dataclasses.replace(s.FIRST, selection=Selection(targets=("x",)))
    assert value(narrowed)["complete"] is False
    blocked = s.plan(dataclasses.replace(s.CREATE, blocked=Block(BlockKind.PROTECTED, "protected")))
    assert value(blocked)["applyable"] is False


def test_our_own_keys() -> None:
    found = value(s.EVERYTHING)
    assert [item["index"] for item in found["actions_order"]] == [1, 2, 3, 4, 5, 6, 7]
    assert found["blocked"] == [
        {"address": "peering.north/west", "kind": "protected", "because": "protected"}
    ]
    assert found["summary"]["deferred"] == 3
    assert found["fingerprint"] == s.EVERYTHING.fingerprint
    assert found["clusters"]["west"]["problem"] == "did not answer"


def test_an_action_says_what_blocks_it_for_people_and_for_machines() -> None:
    blocked = dataclasses.replace(s.CREATE, blocked=Block(BlockKind.NO_PERMISSION, "the token lacks it"))
    (action,) = value(s.plan(blocked))["actions_order"]
    assert (action["blocked"], action["blocked_kind"]) == ("the token lacks it", "no_permission")
    (action,) = value(s.plan(s.CREATE))["actions_order"]
    assert (action["blocked"], action["blocked_kind"]) == ("", "")


def test_paths_of_what_others_own_are_lists_as_those_of_fields() -> None:
    change = dataclasses.replace(s.CREATE, unmanaged=(("Services", "a.b"), ("Meta", "by")))
    assert value(s.plan(change))["unmanaged"][0]["paths"] == [["Services", "a.b"], ["Meta", "by"]]


def test_the_time_is_reported_only_where_it_is_given() -> None:
    assert "timestamp" not in value(s.FIRST)
    assert plan_value(s.FIRST, "1", timestamp="2026")["timestamp"] == "2026"
