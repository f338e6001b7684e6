"""The main job on sandbox clusters, watched on the wire."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.emulator import Request, Response, World
from reconciler.model.change import Action
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode, Selection
from tests.support.lab import Lab
from tests.support.virtual import CLOCK


async def test_an_applied_configuration_plans_empty_and_applies_without_a_write(lab: Lab) -> None:
    first = await lab.apply()
    lab.clear()

    second = await lab.apply()

    assert first.outcome is not None
    assert first.outcome.failed == ()
    assert first.outcome.added == len(first.plan.actions)
    assert second.outcome is None
    assert lab.writes == []


async def test_a_plan_writes_nothing_and_leaves_no_file(lab: Lab) -> None:
    before = sorted(lab.folder.rglob("*"))

    await lab.plan()

    assert lab.writes == []
    assert sorted(lab.folder.rglob("*")) == before


async def test_an_outside_change_is_drift_and_the_next_apply_repairs_only_that(lab: Lab) -> None:
    await lab.apply()
    sources = [{"Name": "web", "Peer": "us-prod", "Action": "allow"}, {"Name": "intruder", "Action": "allow"}]
    lab.call(
        "dc1", "PUT", "/v1/config", {"Kind": "service-intentions", "Name": "billing", "Sources": sources}
    )
    lab.clear()

    drifted = (await app.drift(lab.options(), Selection())).plan
    repaired = await lab.apply()

    assert [str(change.address) for change in drifted.drifted] == ["service_intentions.dc1/billing"]
    assert [(str(c.address), c.action) for c in repaired.plan.actions] == [
        ("service_intentions.dc1/billing", Action.UPDATE)
    ]
    assert lab.writes == ["PUT dc1/v1/config"]


async def test_destroy_removes_everything_and_nothing_else(lab: Lab) -> None:
    theirs = {"Kind": "service-defaults", "Name": "theirs", "Protocol": "http"}
    lab.call("dc1", "PUT", "/v1/config", theirs)
    await lab.apply()

    await lab.apply(Mode.DESTROY)

    for name in lab.names:
        assert lab.call(name, "GET", "/v1/peerings") == []
        left = [entry["Name"] for entry in lab.call(name, "GET", "/v1/config/service-defaults")]
        assert left == (["theirs"] if name == "dc1" else [])
        for kind in ("service-intentions", "exported-services", "service-resolver", "mesh"):
            assert lab.call(name, "GET", f"/v1/config/{kind}") == []
    assert (await lab.state()).resources == {}


async def test_refresh_costs_requests_by_clusters_and_kinds_not_by_objects(tmp_path: Path) -> None:
    def configuration(size: int) -> str:
        lines = "".join(f"    svc-{n}: [{{from: web, action: allow}}]\n" for n in range(size))
        return lab.clusters_yaml() + "intentions:\n  dc1:\n" + lines + "  dc2:\n" + lines

    lab = Lab(tmp_path, clusters=2)
    counts = []
    for size in (3, 60):
        lab.write(configuration(size))
        await lab.apply()
        lab.clear()
        await lab.plan()
        counts.append(len(lab.reads))

    assert counts[0] == counts[1] <= 2 * 4


async def test_other_owners_exports_survive_an_apply_and_a_destroy(lab: Lab) -> None:
    theirs = {"Name": "theirs", "Consumers": [{"Peer": "somebody"}]}
    lab.call(
        "dc1", "PUT", "/v1/config", {"Kind": "exported-services", "Name": "default", "Services": [theirs]}
    )

    await lab.apply()
    entry = lab.call("dc1", "GET", "/v1/config/exported-services/default")
    await lab.apply(Mode.DESTROY)
    after = lab.call("dc1", "GET", "/v1/config/exported-services/default")

    assert {service["Name"] for service in entry["Services"]} == {"api", "billing", "theirs"}
    assert [service["Name"] for service in after["Services"]] == ["theirs"]


async def test_a_saved_plan_is_applied_only_while_it_still_holds(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "saved.plan"
    app.save_plan(await lab.plan(), file)
    lab.call("dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "api", "Protocol": "grpc"})
    lab.clear()

    with pytest.raises(Failure) as stale:
        await app.apply(
            lab.options(),
            Mode.NORMAL,
            Selection(),
            approve=lambda planned: False,
            observe=lambda event: None,
            stop=app.Stop(),
            saved=file,
        )

    assert stale.value.cause is Cause.STALE_PLAN
    assert "service_defaults.dc1/api" in stale.value.detail
    assert lab.writes == []


async def test_an_unapproved_plan_changes_nothing(lab: Lab) -> None:
    applied = await app.apply(
        lab.options(),
        Mode.NORMAL,
        Selection(),
        approve=lambda planned: False,
        observe=lambda event: None,
        stop=app.Stop(),
    )

    assert (applied.approved, applied.outcome) == (False, None)
    assert lab.writes == []


async def test_an_existing_configuration_is_adopted_without_a_write(lab: Lab) -> None:
    await lab.apply()
    for file in (lab.folder / "state").glob("*"):
        if file.is_file():
            file.unlink()
    for file in (lab.folder / "state" / "generations").glob("*"):
        file.unlink()
    lab.clear()

    adopted = await lab.apply()

    assert adopted.outcome is not None
    assert adopted.outcome.adopted == len(adopted.plan.changes)
    assert lab.writes == []
    assert len((await lab.state()).resources) == len(adopted.plan.changes)


async def test_a_peering_written_the_other_way_round_is_the_same_peering(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2]}]\n")
    await lab.apply()
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc2, dc1], acceptor: dc1}]\n")
    lab.clear()

    again = await lab.apply()

    assert again.plan.actions == ()
    assert lab.writes == []
    assert [str(address) for address in (await lab.state()).resources] == ["peering.dc2/dc1"]


async def test_an_empty_configuration_is_not_a_wish_to_delete_everything(lab: Lab) -> None:
    await lab.apply()
    lab.write(lab.clusters_yaml())

    with pytest.raises(Failure) as refused:
        await lab.plan()

    assert refused.value.cause is Cause.REFUSED


async def test_another_cluster_behind_the_address_stops_the_run_before_any_write(lab: Lab) -> None:
    await lab.apply()
    other = Lab(lab.folder)
    other.world = World(lab.specs, clock=CLOCK, rng=random.Random(7), delays=False)

    with pytest.raises(Failure) as refused:
        await other.apply()

    assert refused.value.cause is Cause.WRONG_CLUSTER
    assert other.writes == []


async def test_a_removed_cluster_is_still_cleaned_up(lab: Lab, tmp_path: Path) -> None:
    lab.write(
        lab.clusters_yaml() + "config_entries: {dc3: [{Kind: service-defaults, Name: a, Protocol: http}],"
        " dc1: [{Kind: service-defaults, Name: b, Protocol: http}]}\n"
    )
    await lab.apply()
    lab.names.remove("dc3")
    lab.write(
        lab.clusters_yaml() + "config_entries: {dc1: [{Kind: service-defaults, Name: b, Protocol: http}]}\n"
    )
    lab.names.append("dc3")

    removed = await lab.apply()

    assert [str(change.address) for change in removed.plan.actions] == ["service_defaults.dc3/a"]
    assert lab.call("dc3", "GET", "/v1/config/service-defaults") == []


async def test_one_dead_cluster_defers_its_own_and_nothing_else(lab: Lab) -> None:
    lab.world.down("dc3")

    applied = await lab.apply()
    lab.world.up("dc3")
    later = await lab.apply()

    assert {str(item.address) for item in applied.plan.deferred} >= {"peering.dc1/dc3", "peering.dc2/dc3"}
    assert "peering.dc1/dc2" in {str(change.address) for change in applied.plan.actions}
    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert later.plan.deferred == ()
    assert (await lab.plan()).has_changes is False


async def test_switching_the_roles_of_a_standing_link_is_a_note_and_no_write(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2]}]\n")
    await lab.apply()
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2], acceptor: dc2}]\n")
    lab.clear()

    again = await lab.apply()

    assert again.plan.actions == ()
    assert any("Acceptor" in note for change in again.plan.changes for note in change.notes)
    assert lab.writes == []


async def test_a_peering_deleted_by_hand_on_one_end_is_drift_and_is_recreated(lab: Lab) -> None:
    await lab.apply()
    lab.call("dc1", "DELETE", "/v1/peering/dc3")

    drifted = (await app.drift(lab.options(), Selection())).plan
    repaired = await lab.apply()

    assert [str(change.address) for change in drifted.drifted] == ["peering.dc1/dc3"]
    assert [(str(c.address), c.action) for c in repaired.plan.actions] == [
        ("peering.dc1/dc3", Action.REPLACE)
    ]
    assert (await lab.plan()).has_changes is False


async def test_a_meta_that_could_not_be_applied_is_no_drift_but_stays_noted(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2], meta: {owner: a}}]\n")
    await lab.apply()
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2], meta: {owner: b}}]\n")

    await lab.apply()
    drifted = (await app.drift(lab.options(), Selection())).plan
    again = await lab.plan()

    assert drifted.drifted == ()
    assert any("Meta" in note for change in again.changes for note in change.notes)


async def test_undeclared_variables_in_the_environment_are_ignored(
    lab: Lab,
) -> None:
    lab.environ = {"RECONCILER_VAR_other": "1", "RECONCILER_VAR_dc1": "http://127.0.0.1:9"}

    checked = app.validate(lab.options(variables={"typo": "x"}))

    assert [item.summary for item in checked.diagnostics if "other" in item.summary] == []
    assert any("typo" in item.summary for item in checked.diagnostics)


async def test_a_link_that_was_dialed_the_other_way_is_adopted_and_recorded_as_it_is(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=2)
    lab.write(lab.clusters_yaml() + "peerings: [{between: [dc1, dc2]}]\n")
    token = _post(lab, "dc2", "/v1/peering/token", {"PeerName": "dc1"})["PeeringToken"]
    _post(lab, "dc1", "/v1/peering/establish", {"PeerName": "dc2", "PeeringToken": token})
    lab.clear()

    adopted = await lab.apply()

    [change] = adopted.plan.changes
    assert any("Acceptor, Dialer differ" in note for note in change.notes)
    [recorded] = (await lab.state()).resources.values()
    assert (recorded.body["Acceptor"], recorded.body["Dialer"]) == ("dc2", "dc1")
    assert lab.writes == []
    assert (await lab.plan(Mode.REFRESH_ONLY)).drifted == ()
    turned = await lab.apply(replaces=("peering.dc1/dc2",))
    assert turned.outcome is not None
    assert not turned.outcome.failed
    [again] = (await lab.state()).resources.values()
    assert (again.body["Acceptor"], again.body["Dialer"]) == ("dc1", "dc2")


def _post(lab: Lab, cluster: str, path: str, body: dict[str, str]) -> Any:
    reply = lab.world.handle(cluster, Request("POST", path, "", {}, json.dumps(body).encode()))
    assert isinstance(reply, Response)
    return json.loads(reply.body)
