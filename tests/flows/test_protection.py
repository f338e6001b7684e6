"""What is protected is changed in place, and neither destroyed nor replaced, however that is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.plan import Mode, Plan
from reconciler.model.plan_codec import decode, encode
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import paint
from tests.support.lab import Lab

PROTECTED = 'protect: ["exported_services.*", service_defaults.dc1/api, "peering.*"]\n'
REST = """
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
config_entries: {dc1: [{Kind: service-defaults, Name: api, Protocol: http}]}
service_defaults: {dc2: {other: {protocol: http}}}
"""
KEPT = {"peering.dc1/dc2", "exported_services.dc1/default", "service_defaults.dc1/api"}


@pytest.fixture
async def lab(tmp_path: Path) -> Lab:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + REST)
    lab.write(PROTECTED, "protect.yaml")
    await lab.apply()
    lab.clear()
    return lab


def blocked(plan: Plan) -> set[str]:
    return {str(change.address) for change in plan.actions if change.blocked}


async def test_it_is_changed_in_place(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + REST.replace("http}", "grpc}").replace("api: [dc2]", "web: [dc2]"))

    done = await lab.apply()

    assert blocked(done.plan) == set()
    assert not (await lab.plan()).has_changes


async def test_destroy_leaves_it_standing_with_what_it_needs_and_takes_the_rest(lab: Lab) -> None:
    done = await lab.apply(Mode.DESTROY)

    assert done.outcome is not None
    assert blocked(done.plan) == KEPT  # what only allows may go: it opens nothing
    assert done.outcome.destroyed == 2
    assert {str(address) for address in (await lab.state()).resources} == blocked(done.plan)
    assert {row["State"] for row in lab.call("dc1", "GET", "/v1/peerings")} == {"ACTIVE"}


async def test_destroy_leaves_the_rules_that_close_what_stands(lab: Lab) -> None:
    denied = REST.replace("{from: web@dc2, action: allow}", '{from: "*@*", action: deny}')
    lab.write(lab.clusters_yaml() + denied)
    await lab.apply()

    done = await lab.apply(Mode.DESTROY)

    assert blocked(done.plan) == {*KEPT, "service_intentions.dc1/api"}


async def test_it_is_not_replaced_by_request(lab: Lab) -> None:
    done = await lab.apply(replaces=("peering.dc1/dc2",))

    assert "peering.dc1/dc2" in blocked(done.plan)
    assert lab.writes == []


async def test_an_undeclared_object_stays_protected_until_applied_without(lab: Lab) -> None:
    (lab.folder / "protect.yaml").unlink()
    less = REST.replace("exports: {dc1: {api: [dc2]}}\n", "")
    lab.write(lab.clusters_yaml() + less)

    refused = await lab.apply()
    lab.write(lab.clusters_yaml() + REST)
    unprotected = await lab.apply()
    lab.write(lab.clusters_yaml() + less)
    gone = await lab.apply()

    assert blocked(refused.plan) == {"exported_services.dc1/default"}
    (action,) = refused.plan.actions
    assert "declare it again without protection, apply" in action.notes[0]
    assert not unprotected.plan.has_changes  # the record alone
    assert gone.outcome is not None
    assert (gone.outcome.destroyed, gone.outcome.skipped) == (1, ())


async def test_the_page_names_the_line_that_protects_it(lab: Lab) -> None:
    """A reader who wants to let it go changes that line, and not the peering's."""
    plan = await lab.plan(Mode.DESTROY)
    page = paint(plan_lines(decode(encode(plan)))).splitlines()
    [peering] = [line for line in page if "peering.dc1/dc2 would be" in line]
    assert "BLOCKED  protected (" in peering
    assert "protect.yaml:1:60)" in peering
