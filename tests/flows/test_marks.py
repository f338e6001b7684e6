"""Two configurations on the same clusters: what one made, the other takes and destroys only when asked to."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import app
from reconciler.engine.deciding.marks import FORMER_MARK, MARK
from reconciler.model.change import Action, Reason
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Selection
from tests.support.lab import Lab

BODY = """
peerings:
  - {between: [dc1, dc2], meta: {owner: platform}}
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
config_entries:
  dc1: [{Kind: service-defaults, Name: api, Protocol: http, Meta: {team: shop}}]
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    (tmp_path / "a").mkdir()
    made = Lab(tmp_path / "a", 2)
    made.write(f"name: shop\n{made.clusters_yaml()}{BODY}")
    return made


def second(lab: Lab, name: str, body: str = BODY) -> Lab:
    """Another configuration with a state of its own, on the same clusters."""
    other = Lab(lab.folder.parent / f"b{name}", 2)
    other.folder.mkdir()
    other.world = lab.world
    other.write(f"{f'name: {name}' if name else ''}\n{lab.clusters_yaml()}{body}")
    return other


def metas(lab: Lab) -> dict[str, dict[str, str]]:
    return {
        "peering": lab.call("dc1", "GET", "/v1/peering/dc2").get("Meta") or {},
        "defaults": lab.call("dc1", "GET", "/v1/config/service-defaults/api").get("Meta") or {},
        "intentions": lab.call("dc1", "GET", "/v1/config/service-intentions/api").get("Meta") or {},
        "exports": lab.call("dc1", "GET", "/v1/config/exported-services/default").get("Meta") or {},
    }


async def test_a_named_configuration_marks_what_it_creates_and_writes_nothing_again(lab: Lab) -> None:
    await lab.apply()
    assert metas(lab) == {
        "peering": {"owner": "platform", MARK: "shop"},
        "defaults": {"team": "shop", MARK: "shop"},
        "intentions": {MARK: "shop"},
        "exports": {},  # an entry that several configurations share
    }
    lab.clear()
    again = await lab.apply()
    assert lab.writes == []
    assert not again.plan.has_changes
    assert not any(change.notes or change.unmanaged for change in again.plan.changes)
    assert (await lab.plan(Mode.REFRESH_ONLY)).drifted == ()
    assert not any(MARK in str(entry.body) for entry in (await lab.state()).resources.values())


async def test_a_restored_backup_is_recognised_by_marked_objects_it_lacks(lab: Lab) -> None:
    lab.write(f"name: shop\n{lab.clusters_yaml()}peerings: [{{between: [dc1, dc2]}}]\n")
    await lab.apply()
    state, backup = lab.folder / "state", lab.folder / "backup"
    shutil.copytree(state, backup)
    body = BODY.replace(", meta: {owner: platform}", "")
    lab.write(f"name: shop\n{lab.clusters_yaml()}{body}")
    await lab.apply()
    assert not any(change.notes for change in (await lab.plan()).changes)

    shutil.rmtree(state)
    shutil.copytree(backup, state)

    told = {str(c.address) for c in (await lab.plan()).changes if any("older copy" in n for n in c.notes)}
    assert told == {"service_defaults.dc1/api", "service_intentions.dc1/api"}


async def test_a_configuration_without_a_name_marks_nothing(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + BODY)
    await lab.apply()
    assert MARK not in str(metas(lab))


@pytest.mark.parametrize("name", ["pay", ""], ids=["named", "without a name"])
async def test_foreign_objects_are_neither_adopted_nor_destroyed_unasked(lab: Lab, name: str) -> None:
    await lab.apply()
    other = second(lab, name)
    plan = await other.plan()
    blocked = {str(change.address): str(change.blocked) for change in plan.changes if change.blocked}
    assert set(blocked) == {
        "peering.dc1/dc2",
        "service_defaults.dc1/api",
        "service_intentions.dc1/api",
        "exported_services.dc1/default",
    }
    assert blocked["peering.dc1/dc2"] == 'it belongs to the configuration "shop", as its Meta says'
    lab.clear()
    await other.apply()
    await other.apply(Mode.DESTROY)
    assert lab.writes == []
    assert (await other.state()).resources == {}


async def test_taken_on_purpose_it_is_adopted_and_marked_again_where_that_can_be(lab: Lab) -> None:
    await lab.apply()
    other = second(lab, "pay")
    applied = await other.apply(takes=["*"])
    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert {key: value.get(MARK) for key, value in metas(lab).items()} == {
        "peering": "shop",  # the Meta of a link that stands cannot be changed
        "defaults": "pay",
        "intentions": "pay",
        "exports": None,
    }
    lab.clear()
    assert not (await other.plan()).has_changes
    # Now the first one's destroy meets the other's marks.
    plan = await lab.plan(Mode.DESTROY)
    assert {str(change.address) for change in plan.changes if change.blocked} >= {
        "service_defaults.dc1/api",
        "service_intentions.dc1/api",
    }


async def test_what_came_from_the_state_of_another_is_marked_again_when_that_is_asked_for(lab: Lab) -> None:
    """A state was split: the objects carry the name of the configuration that created them."""
    await lab.apply()
    other = second(lab, "pay", BODY.replace("api", "pay"))
    await other.apply()
    other.write(f"name: pay\n{lab.clusters_yaml()}{BODY}")
    moving = await app.move_in_state(
        lab.options(), "service_defaults.dc1/api", "service_defaults.dc1/api",
        state_out=other.folder / "state", approve=lambda _: True,
    )  # fmt: skip
    assert moving is not None
    assert [note for note in moving.notes if "reconciler apply --take" in note]
    api = Selection(targets=("service_defaults.dc1/api",))
    assert not (await app.plan(other.options(), Mode.NORMAL, api)).plan.has_changes
    asked = replace(api, takes=("service_defaults.dc1/api",))
    plan = (await app.plan(other.options(), Mode.NORMAL, asked)).plan
    (change,) = plan.actions
    assert (change.action, change.reason) == (Action.UPDATE, Reason.TAKEN)
    await other.apply(targets=api.targets, takes=asked.takes)
    assert metas(lab)["defaults"] == {"team": "shop", MARK: "pay"}
    assert not (await app.plan(other.options(), Mode.NORMAL, asked)).plan.has_changes


async def test_a_second_configuration_may_own_its_part_of_an_exports_entry(lab: Lab) -> None:
    await lab.apply()
    await second(lab, "pay", BODY.replace("api: [dc2]", "pay: [dc2]")).apply(takes=["*"])
    services = lab.call("dc1", "GET", "/v1/config/exported-services/default")["Services"]
    assert {item["Name"] for item in services} == {"api", "pay"}


async def test_an_unmarked_object_is_marked_with_its_next_change(lab: Lab) -> None:
    named = (lab.folder / "main.yaml").read_text()
    lab.write(named.replace("name: shop\n", ""))
    await lab.apply()
    lab.write(named)
    lab.clear()
    await lab.apply()
    assert lab.writes == []
    lab.write(named.replace("Protocol: http", "Protocol: grpc"))
    update = next(change for change in (await lab.plan()).actions)
    assert [item.path for item in update.fields] == [("Protocol",), ("Meta", MARK)]
    await lab.apply()
    assert metas(lab)["defaults"] == {"team": "shop", MARK: "shop"}


async def test_a_renamed_configuration_keeps_what_carries_its_old_name(lab: Lab) -> None:
    from reconciler import app

    await lab.apply()
    lab.write((lab.folder / "main.yaml").read_text().replace("name: shop", "name: store"))
    with pytest.raises(Failure, match='belongs to the configuration "shop"'):
        await lab.plan()
    await app.claim_state(lab.options())
    assert not (await lab.plan()).has_changes
    gone = await lab.apply(Mode.DESTROY)
    assert gone.outcome is not None
    assert (gone.outcome.failed, gone.outcome.skipped) == ((), ())
    assert (await lab.state()).resources == {}


def under_the_former_key(lab: Lab) -> None:
    """Write the marks of both entries as an older version did, past the state."""
    for kind in ("service-defaults", "service-intentions"):
        entry = lab.call("dc1", "GET", f"/v1/config/{kind}/api")
        meta = {FORMER_MARK if key == MARK else key: value for key, value in entry["Meta"].items()}
        lab.call("dc1", "PUT", "/v1/config", {**entry, "Meta": meta})


async def test_a_mark_under_its_former_key_counts_and_nothing_is_written_for_it(lab: Lab) -> None:
    await lab.apply()
    under_the_former_key(lab)
    lab.clear()
    again = await lab.apply()
    assert (lab.writes, again.plan.has_changes, again.plan.drifted) == ([], False, ())
    plan = await second(lab, "pay").plan()
    assert {str(change.address) for change in plan.changes if change.marked_by} == {
        "peering.dc1/dc2",
        "service_defaults.dc1/api",
        "service_intentions.dc1/api",
    }


async def test_a_mark_under_its_former_key_gets_the_new_key_with_the_next_change(lab: Lab) -> None:
    await lab.apply()
    under_the_former_key(lab)
    text = (lab.folder / "main.yaml").read_text()
    lab.write(text.replace("Protocol: http", "Protocol: grpc"))
    (update,) = (await lab.plan()).actions
    assert [item.path for item in update.fields] == [("Protocol",), ("Meta", FORMER_MARK), ("Meta", MARK)]
    await lab.apply()
    assert metas(lab)["defaults"] == {"team": "shop", MARK: "shop"}
    assert not (await lab.plan()).has_changes
    await lab.apply(Mode.DESTROY)
    assert (await lab.state()).resources == {}


async def test_what_was_only_adopted_is_reported_before_it_is_destroyed(lab: Lab) -> None:
    lab.write(lab.clusters_yaml() + BODY)
    await lab.apply()
    other = second(lab, "")
    await other.apply()
    assert all(entry.adopted for entry in (await other.state()).resources.values())
    plan = await other.plan(Mode.DESTROY)
    assert plan.summary().destroy_adopted == plan.summary().destroy == 4
    assert all("did not create it" in change.notes[0] for change in plan.actions)
    assert (await lab.plan(Mode.DESTROY)).summary().destroy_adopted == 0


async def test_a_run_that_is_blocked_as_a_whole_makes_no_serial_and_is_in_the_audit_log(lab: Lab) -> None:
    lab.write(f"name: shop\n{lab.clusters_yaml()}service_defaults: {{dc1: {{api: {{protocol: http}}}}}}\n")
    await lab.apply()
    other = second(lab, "other", "service_defaults: {dc1: {api: {protocol: grpc}}}\n")
    for _ in range(2):
        done = await other.apply()
        assert [change.blocked.kind.value for change in done.plan.actions if change.blocked] == [
            "other_owner"
        ]
        state = await other.state()
        assert (state.serial, state.owner, dict(state.clusters)) == (0, None, {})
    assert (await app.audit_verify(other.options())).breaks == ()
    entries = (await app.audit_list(other.options())).entries
    assert [(entry.outcome, entry.serial_after) for entry in entries] == [("blocked", 0), ("blocked", 0)]
