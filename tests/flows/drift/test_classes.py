"""What somebody changed by hand is told apart by what it means, and the exit code follows what counts."""

from __future__ import annotations

from typing import Any

from reconciler import app
from reconciler.model.drifting.item import DriftItem
from reconciler.model.drifting.report import DriftChoice, DriftReport, drift_code
from reconciler.model.failure import ExitCode
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Selection
from tests.flows.drift.conftest import Shop


async def look(lab: Shop, **choice: Any) -> DriftReport:
    """Look for drift."""
    found = (await app.drift(lab.options(), Selection(), DriftChoice(**choice))).drift
    assert found is not None
    return found


def said(report: DriftReport, kind: DriftClass) -> list[str]:
    """Return the items of a class as `ADDRESS PATH`."""
    return [_text(item) for item in report.items if item.kind is kind]


def _text(item: DriftItem) -> str:
    return " ".join((str(item.address), ".".join(map(str, item.path)))).rstrip()


async def test_nothing_by_hand_is_no_item_and_exit_0(lab: Shop) -> None:
    await lab.apply()

    report = await look(lab, unmanaged=True)

    assert report.items == ()
    assert drift_code(report) is ExitCode.OK


async def test_a_changed_field_and_an_added_source_are_changes_with_old_and_new(lab: Shop) -> None:
    await lab.apply()
    lab.deny_and_let_in()

    report = await look(lab)

    added, changed = report.items
    assert (added.kind, added.path, added.old) == (DriftClass.CHANGED, ("Sources", "intruder"), None)
    assert (changed.path, changed.old, changed.new) == (("Sources", "web@dc2", "Action"), "allow", "deny")
    assert str(changed.at).endswith("main.yaml:8:20")
    assert drift_code(report) is ExitCode.CHANGES


async def test_a_deleted_object_is_removed(lab: Shop) -> None:
    await lab.apply()
    lab.call("dc1", "DELETE", "/v1/config/service-intentions/api")

    report = await look(lab)

    assert said(report, DriftClass.REMOVED) == ["service_intentions.dc1/api"]
    assert drift_code(report) is ExitCode.CHANGES


async def test_what_others_add_to_an_object_of_ours_is_shown_with_its_value_and_does_not_count(
    lab: Shop,
) -> None:
    await lab.apply()
    lab.export_billing()
    subsets = {"v1": {"Filter": "Service.Meta.version == v1"}, "v2": {"Filter": "Service.Meta.version == v2"}}
    lab.put("service-resolver", "api", DefaultSubset="v1", Subsets=subsets)

    report = await look(lab)

    assert said(report, DriftClass.ADDITION) == [
        "exported_services.dc1/default Services.billing",
        "service_resolver.dc1/api Subsets.v2",
    ]
    assert report.items[1].new == {"Filter": "Service.Meta.version == v2"}
    assert drift_code(report) is ExitCode.OK
    assert drift_code(await look(lab, fail_on=frozenset({DriftClass.ADDITION}))) is ExitCode.CHANGES


async def test_what_the_configuration_declares_by_now_is_no_addition(lab: Shop) -> None:
    await lab.apply()
    lab.export_billing()
    text = (lab.folder / "main.yaml").read_text()
    lab.write(text.replace("api: [dc2]}", "api: [dc2], billing: [dc2]}"))

    assert said(await look(lab), DriftClass.ADDITION) == []


async def test_objects_beside_ours_are_listed_where_asked_with_whose_they_are(lab: Shop) -> None:
    lab.put("service-defaults", "before", Protocol="http")
    await lab.apply()
    lab.put("service-defaults", "theirs", Meta={"reconciler-configuration": "payments"})
    lab.put("service-defaults", "lost", Meta={"reconciler-configuration": "shop"})

    report = await look(lab, unmanaged=True)

    found = {str(item.address): item.because for item in report.items}
    assert [*found] == [f"service_defaults.dc1/{name}" for name in ("before", "lost", "theirs")]
    assert found["service_defaults.dc1/before"] == "nothing here declares or records it"
    assert 'belongs to the configuration "payments"' in found["service_defaults.dc1/theirs"]
    assert "the state does not record it" in found["service_defaults.dc1/lost"]
    assert drift_code(report) is ExitCode.OK
    assert (await look(lab)).items == (), "nothing is listed unasked"
    assert (await look(lab, fail_on=frozenset({DriftClass.OBJECT}))).counted == 3


async def test_of_objects_beside_ours_those_that_are_selected_are_listed(lab: Shop) -> None:
    await lab.apply()
    for name in ("one", "two"):
        lab.put("service-defaults", name, Protocol="http")
    lab.put("service-resolver", "one")

    async def listed(**selection: Any) -> list[str]:
        found = await app.drift(lab.options(), Selection(**selection), DriftChoice(unmanaged=True))
        assert found.drift is not None
        return said(found.drift, DriftClass.OBJECT)

    all_ = ["service_defaults.dc1/one", "service_defaults.dc1/two", "service_resolver.dc1/one"]
    assert await listed() == all_
    assert await listed(targets=("service_defaults.*",)) == all_[:2]
    assert await listed(excludes=("service_defaults.*",)) == all_[2:]


async def test_on_a_cluster_that_left_the_configuration_nothing_is_beside_ours(lab: Shop) -> None:
    await lab.apply()
    lab.put("service-defaults", "stranger", "dc2", Protocol="http")
    assert said(await look(lab, unmanaged=True), DriftClass.OBJECT) == ["service_defaults.dc2/stranger"]
    lab.write(
        lab.clusters_yaml().replace("  dc2:", "  # dc2:")
        + "name: shop\nservice_defaults: {dc1: {api: {protocol: http}}}\n"
    )
    assert said(await look(lab, unmanaged=True), DriftClass.OBJECT) == []


async def test_a_peering_with_a_cluster_of_others_is_beside_ours_and_an_end_of_ours_is_not(lab: Shop) -> None:
    await lab.apply()
    lab.call("dc1", "POST", "/v1/peering/token", {"PeerName": "partner"})

    assert said(await look(lab, unmanaged=True), DriftClass.OBJECT) == ["peering.dc1/partner"]
    lab.world.faults.down.add("dc2")
    assert said(await look(lab, unmanaged=True), DriftClass.OBJECT) == ["peering.dc1/partner"]


async def test_what_others_export_where_nothing_of_ours_is_exported_is_listed(lab: Shop) -> None:
    await lab.apply()
    consumers = [{"Peer": "dc1"}]
    lab.put("exported-services", "default", "dc2", Services=[{"Name": "db", "Consumers": consumers}])

    assert said(await look(lab, unmanaged=True), DriftClass.OBJECT) == ["exported_services.dc2/default"]


async def test_a_link_that_was_ended_by_the_other_side_is_unhealthy(lab: Shop) -> None:
    await lab.apply()
    lab.call("dc2", "DELETE", "/v1/peering/dc1")

    report = await look(lab)

    assert said(report, DriftClass.UNHEALTHY) == ["peering.dc1/dc2"]
    assert drift_code(report) is ExitCode.CHANGES


async def test_an_export_of_what_does_not_run_is_not_effective_and_only_ours_is_looked_at(lab: Shop) -> None:
    await lab.apply()
    lab.export_billing()

    report = await look(lab, effective=True)

    assert {item.rule for item in report.items if item.kind is DriftClass.NOT_EFFECTIVE} == {
        "export-redirected"
    }
    assert said(report, DriftClass.NOT_EFFECTIVE) == ["exported_services.dc1/default api"]


async def test_of_a_cluster_that_does_not_answer_it_is_said_once(lab: Shop) -> None:
    await lab.apply()
    lab.world.faults.down.add("dc2")
    found = await app.drift(lab.options(), Selection(), DriftChoice(effective=True))
    assert found.plan.clusters["dc2"].problem
    assert [text for text in found.plan.warnings if "has an effect is not known" in text] == []


async def test_a_cluster_that_is_down_does_not_hide_drift_elsewhere(lab: Shop) -> None:
    text = (lab.folder / "main.yaml").read_text()
    lab.write(text + "mesh: {dc2: {transparent_proxy: {mesh_destinations_only: true}}}\n")
    await lab.apply()
    lab.deny_and_let_in()
    lab.world.faults.down.add("dc2")

    report = await look(lab)

    assert said(report, DriftClass.CHANGED) != []
    assert "mesh.dc2/mesh" in said(report, DriftClass.UNDECIDED)
    assert drift_code(report) is ExitCode.CHANGES


async def test_where_nothing_counts_and_something_is_not_decided_the_user_may_say_what_that_means(
    lab: Shop,
) -> None:
    text = (lab.folder / "main.yaml").read_text()
    lab.write(text + "mesh: {dc2: {transparent_proxy: {mesh_destinations_only: true}}}\n")
    await lab.apply()
    lab.world.faults.down.add("dc2")

    assert drift_code(await look(lab)) is ExitCode.ERROR
    assert drift_code(await look(lab, fail_on=frozenset({DriftClass.CHANGED}))) is ExitCode.OK
    assert drift_code(await look(lab, fail_on=frozenset({DriftClass.UNDECIDED}))) is ExitCode.CHANGES
    assert drift_code(await look(lab, only=frozenset({DriftClass.CHANGED}))) is ExitCode.ERROR
    lab.world.faults.down.add("dc1")
    assert drift_code(await look(lab, fail_on=frozenset({DriftClass.CHANGED}))) is ExitCode.ERROR


async def test_what_is_asked_for_alone_counts(lab: Shop) -> None:
    await lab.apply()
    lab.deny_and_let_in()
    lab.export_billing()

    report = await look(lab, only=frozenset({DriftClass.ADDITION}))

    assert [item.kind for item in report.items] == [DriftClass.ADDITION]
    assert report.counted == 1


async def test_an_item_says_after_which_run_it_was_changed_and_how_the_version_moved(lab: Shop) -> None:
    await lab.apply()
    lab.deny_and_let_in()

    item = (await look(lab)).items[0]

    saved = (await lab.state()).saved
    assert saved is not None
    assert item.who == f"since the apply (serial 1, by {saved.by}, {saved.at})"
    assert item.versions is not None
    assert item.versions[0] < item.versions[1]
