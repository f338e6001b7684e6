"""`--no-delete` and `--only-safe`: what they leave out is handled as excluded, and listed each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.plan import Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import paint
from tests.support.lab import Lab

BOTH = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2], old: [dc2]}}
intentions:
  dc1:
    api: [{from: web@dc2, action: allow}]
    old: [{from: web@dc2, action: allow}]
service_defaults: {dc1: {old: {protocol: http}, api: {protocol: http}}, dc2: {web: {protocol: http}}}
"""


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + BOTH)
    await lab.apply()
    lab.clear()
    return lab


def left(plan: Plan) -> dict[str, str]:
    return {str(item.address): item.action for item in plan.safety.left_out}


def done(plan: Plan) -> dict[str, str]:
    return {str(change.address): change.action.value for change in plan.actions}


async def test_nothing_is_deleted_and_the_second_run_is_calm(lab: Lab) -> None:
    less = BOTH.replace("old: {protocol: http}, ", "").replace(
        "    old: [{from: web@dc2, action: allow}]\n", ""
    )
    added = less.replace("dc2: {web: ", "dc2: {new: {protocol: http}, web: ")
    lab.write(lab.clusters_yaml() + added)

    first = await lab.apply(no_delete=True)
    again = await lab.apply(no_delete=True)

    gone = {"service_defaults.dc1/old": "delete", "service_intentions.dc1/old": "delete"}
    assert done(first.plan) == {"service_defaults.dc2/new": "create"}
    assert left(first.plan) == left(again.plan) == gone
    assert not again.plan.has_changes
    assert "Left out by --no-delete: 2 resources" in paint(plan_lines(again.plan))
    assert "matches the configuration" not in paint(plan_lines(again.plan))
    assert done(await lab.plan()) == gone


async def test_what_needs_a_replacement_that_is_left_out_is_left_out_too(lab: Lab) -> None:
    renamed = BOTH.replace("{between: [dc1, dc2]}", "{between: [dc1, dc2], names: {dc1: other, dc2: dc1}}")
    lab.write(lab.clusters_yaml() + renamed + "config_entries: {dc1: [{Kind: service-defaults, Name: x}]}\n")

    plan = (await lab.apply(no_delete=True)).plan

    assert left(plan)["peering.dc1/dc2"] == "replace"
    assert done(plan) == {"service_defaults.dc1/x": "create"}
    because = {str(item.address): item.because for item in plan.safety.left_out}
    assert because["peering.dc1/dc2"] == "it would be recreated"
    assert {text for at, text in because.items() if at != "peering.dc1/dc2"} <= {
        "it needs peering.dc1/dc2, which is left out"
    }


async def test_only_safe_leaves_out_what_closes_and_does_what_opens(lab: Lab) -> None:
    closing = BOTH.replace("api: [{from: web@dc2, action: allow}]", "api: [{from: web@dc2, action: deny}]")
    opening = closing.replace(
        "old: [{from: web@dc2, action: allow}]",
        "old: [{from: web@dc2, action: allow}, {from: two@dc2, action: allow}]",
    )
    lab.write(lab.clusters_yaml() + opening)

    plan = (await lab.apply(only_safe=True)).plan
    again = (await lab.apply(only_safe=True)).plan

    assert done(plan) == {"service_intentions.dc1/old": "update"}
    assert left(plan) == left(again) == {"service_intentions.dc1/api": "update"}
    assert "closes access: web@dc2 -> api@dc1" in plan.safety.left_out[0].because
    assert not again.has_changes


async def test_only_safe_leaves_a_peering_that_would_go(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + "service_defaults: {dc2: {web: {protocol: http}}}\n")
    plan = await lab.plan(only_safe=True)
    assert left(plan)["peering.dc1/dc2"] == "delete"
    assert "peering.dc1/dc2" not in done(plan)


async def test_a_condition_on_what_was_allowed_is_not_safe(lab: Lab) -> None:
    narrowed = BOTH.replace(
        "api: [{from: web@dc2, action: allow}]",
        "api: [{from: web@dc2, permissions: [{action: deny, http: {path_prefix: /v1}}]}]",
    )
    lab.write(lab.clusters_yaml() + narrowed)
    assert left(await lab.plan(only_safe=True)) == {"service_intentions.dc1/api": "update"}


async def test_nothing_is_safe_beside_a_cluster_that_does_not_answer(lab: Lab) -> None:
    opening = BOTH.replace(
        "old: [{from: web@dc2, action: allow}]",
        "old: [{from: web@dc2, action: allow}, {from: two@dc2, action: allow}]",
    )
    lab.write(lab.clusters_yaml() + opening)
    lab.world.down("dc2")
    plan = await lab.plan(only_safe=True)
    assert done(plan) == {}


async def test_a_saved_plan_keeps_what_it_leaves_out(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + BOTH.replace("old: {protocol: http}, ", ""))
    plan = await lab.plan(no_delete=True)
    assert decode(encode(plan)).selection.no_delete
    assert plan.digest != (await lab.plan()).digest


HALVES = """
service_defaults: {{dc1: {{web: {{protocol: {protocol}}}, api: {{protocol: {protocol}}}}}}}
splits: {{dc1: {{web: {{web: 50, api: 50}}}}}}
"""


async def test_nothing_is_taken_down_to_make_room_and_what_needs_the_room_is_blocked(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=1)
    lab.write(lab.clusters_yaml() + HALVES.format(protocol="http"))
    await lab.apply()
    lab.write(lab.clusters_yaml() + HALVES.format(protocol="http2"))
    assert [str(change.address) for change in (await lab.plan()).actions if change.is_remade] == [
        "service_splitter.dc1/web"
    ]
    lab.clear()

    plan = (await lab.apply(no_delete=True)).plan

    assert [item.because for item in plan.safety.left_out] == ["it would be recreated"]
    assert all(change.blocked for change in plan.actions)
    assert lab.writes == []


async def test_exports_that_go_to_another_cluster_are_narrowed_and_not_recreated(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=3)
    lab.write(lab.clusters_yaml() + HANDED.format(peer="dc2"))
    await lab.apply()
    lab.write(lab.clusters_yaml() + HANDED.format(peer="dc3"))

    plan = (await lab.apply(no_delete=True)).plan

    assert done(plan) == {
        "exported_services.dc1/default": "update",
        "service_intentions.dc1/api": "update",
    }
    assert left(plan) == {}
    interim = next(change.interim for change in plan.actions if change.interim is not None)
    assert interim.after is not None
    assert interim.after["Services"] == []
    assert not (await lab.plan()).has_changes


HANDED = """
peerings: [{{mesh: [dc1, dc2, dc3]}}]
exports: {{dc1: {{api: [{peer}]}}}}
intentions: {{dc1: {{api: [{{from: "*@{peer}", action: deny}}]}}}}
"""

EXCEPT = """
service_defaults: {dc1: {api: {protocol: http}, web: {protocol: http}, db: {protocol: http}}}
intentions:
  dc1:
    "*": [{from: "*", action: deny}]
    api: [{from: web, action: allow}]
"""


async def test_only_safe_leaves_out_what_closes_until_a_later_action_opens_it_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=1)
    lab.write(lab.clusters_yaml() + EXCEPT)
    await lab.apply()
    general = EXCEPT.replace("    api: [{from: web, action: allow}]\n", "").replace(
        '[{from: "*", action: deny}]', "[{from: db, action: deny}]"
    )
    lab.write(lab.clusters_yaml() + general)
    assert done(await lab.plan()) == {
        "service_intentions.dc1/api": "delete",
        "service_intentions.dc1/*": "update",
    }

    plan = (await lab.apply(only_safe=True)).plan

    assert done(plan) == {"service_intentions.dc1/*": "update"}
    assert {str(item.address): item.because for item in plan.safety.left_out} == {
        "service_intentions.dc1/api": "it closes access for a while: web@dc1 -> api@dc1"
    }
    assert done((await lab.apply(only_safe=True)).plan) == {"service_intentions.dc1/api": "delete"}
