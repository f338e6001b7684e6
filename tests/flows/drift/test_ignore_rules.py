"""Ignore rules count for plan, apply, drift, undo and rotate alike: what others look after stays theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler import app
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.drifting.report import DriftChoice, DriftReport, drift_code
from reconciler.model.event import Event, Started
from reconciler.model.failure import Cause, ExitCode, Failure
from reconciler.model.ignoring.classes import DriftClass
from reconciler.model.plan import Mode, Selection
from reconciler.render.plan.as_json import plan_value
from tests.flows.drift.conftest import SHOP, Shop

DAY = datetime(2026, 6, 30, 23, 59, tzinfo=UTC)


def rules(*given: str) -> str:
    return "ignore:\n" + "".join(f"  - {{{one}}}\n" for one in given)


def web(*given: str, protocol: str = "http", scale: str = "1") -> str:
    """A configuration with one entry, of which others write the Meta `scale`."""
    entry = f'{{protocol: {protocol}, meta: {{owner: shop, scale: "{scale}"}}}}'
    return f"service_defaults: {{dc1: {{web: {entry}}}}}\n" + (rules(*given) if given else "")


SCALE = "address: 'service_defaults.*/web', fields: [Meta.scale], reason: the scaler writes it"


@pytest.fixture
def scaled(lab: Shop) -> Shop:
    lab.write(lab.clusters_yaml() + web(SCALE))
    return lab


async def look(lab: Shop, **more: Any) -> DriftReport:
    found = (await app.drift(lab.options(clock=lambda: DAY), Selection(), DriftChoice(**more))).drift
    assert found is not None
    return found


def about_rules(problems: Iterable[Diagnostic]) -> list[str]:
    return [item.code for item in problems if item.code.startswith("ignore-")]


def scale(lab: Shop, to: str | None, protocol: str = "http") -> None:
    """Write the scale, as the scaler does; `None` removes it."""
    meta = {"owner": "shop"} if to is None else {"owner": "shop", "scale": to}
    lab.put("service-defaults", "web", Protocol=protocol, Meta=meta)


@pytest.mark.parametrize("to", ["7", None])
async def test_an_ignored_field_is_neither_drift_nor_written_back(scaled: Shop, to: str | None) -> None:
    await scaled.apply()
    scale(scaled, to)
    scaled.clear()

    report = await look(scaled)
    applied = await scaled.apply()

    assert report.items == ()
    assert [(str(a), i.path, i.reason) for a, i in applied.plan.ignored] == [
        ("service_defaults.dc1/web", ("Meta", "scale"), "the scaler writes it")
    ]
    assert scaled.writes == []
    assert scaled.entry("service-defaults", "web")["Meta"].get("scale") == to


async def test_of_an_object_that_is_not_declared_only_the_ignored_field_is_listed(lab: Shop) -> None:
    lab.write(lab.clusters_yaml() + "service_defaults: {dc1: {web: {protocol: http}}}\n" + rules(SCALE))
    await lab.apply()
    lab.put("service-defaults", "web", Protocol="http", Meta={"team": "shop", "scale": "7"})

    report = await look(lab)

    assert [item.path for item in report.items] == [("Meta", "team")]
    assert [item.path for _, item in (await lab.plan()).ignored] == [("Meta", "scale")]


async def test_an_update_for_another_reason_keeps_the_live_value_and_the_next_apply_writes_nothing(
    scaled: Shop,
) -> None:
    await scaled.apply()
    scale(scaled, "7")
    scaled.write(scaled.clusters_yaml() + web(SCALE, protocol="grpc"))

    first = await scaled.apply()
    scaled.clear()
    await scaled.apply()

    assert first.outcome is not None
    assert first.outcome.is_complete
    entry = scaled.entry("service-defaults", "web")
    assert (entry["Protocol"], entry["Meta"]["scale"]) == ("grpc", "7")
    assert scaled.writes == []


async def test_a_repair_of_another_field_keeps_the_live_value(scaled: Shop) -> None:
    await scaled.apply()
    scale(scaled, "7", protocol="tcp")

    assert [item.path for item in (await look(scaled)).items] == [("Protocol",)]
    await scaled.apply()

    entry = scaled.entry("service-defaults", "web")
    assert (entry["Protocol"], entry["Meta"]["scale"]) == ("http", "7")


async def test_a_created_object_gets_what_is_declared(scaled: Shop) -> None:
    await scaled.apply()
    scale(scaled, "7")
    scaled.call("dc1", "DELETE", "/v1/config/service-defaults/web")

    await scaled.apply()

    assert scaled.entry("service-defaults", "web")["Meta"]["scale"] == "1"


async def test_another_value_in_the_configuration_is_not_written_either(scaled: Shop) -> None:
    await scaled.apply()
    scale(scaled, "7")
    scaled.write(scaled.clusters_yaml() + web(SCALE, scale="3"))
    scaled.clear()

    await scaled.apply()

    assert scaled.writes == []


async def test_without_the_rule_the_next_apply_writes_it_back(scaled: Shop) -> None:
    await scaled.apply()
    scale(scaled, "7")
    await scaled.apply()
    scaled.write(scaled.clusters_yaml() + web())

    found = await scaled.drift()
    await scaled.apply()

    assert [str(change.address) for change in found.drifted] == ["service_defaults.dc1/web"]
    assert scaled.entry("service-defaults", "web")["Meta"]["scale"] == "1"


async def test_an_adopted_object_keeps_the_live_value(scaled: Shop) -> None:
    scale(scaled, "7", protocol="tcp")

    await scaled.apply()

    entry = scaled.entry("service-defaults", "web")
    assert (entry["Protocol"], entry["Meta"]["scale"]) == ("http", "7")
    scaled.clear()
    await scaled.apply()
    assert scaled.writes == []


class Scaler(list[Event]):
    """Scales the moment that an object is about to be written."""

    def __init__(self, lab: Shop) -> None:
        super().__init__()
        self.lab = lab

    def append(self, event: Event) -> None:
        if isinstance(event, Started):
            scale(self.lab, "9", protocol="tcp")
        super().append(event)


async def test_another_writer_of_an_ignored_field_is_no_conflict(scaled: Shop) -> None:
    await scaled.apply()
    scale(scaled, "7", protocol="tcp")
    scaled.events = Scaler(scaled)

    applied = await scaled.apply()

    assert applied.outcome is not None
    assert applied.outcome.is_complete
    assert scaled.entry("service-defaults", "web")["Meta"]["scale"] == "9"


async def test_a_source_that_others_add_stays_and_no_other_does(lab: Shop) -> None:
    rule = "address: service_intentions.dc1/api, fields: [Sources.intruder], reason: the mesh team adds it"
    lab.write(lab.clusters_yaml() + SHOP + rules(rule))
    await lab.apply()
    lab.deny_and_let_in()

    applied = await lab.apply()

    assert [(item.path, item.kind) for _, item in applied.plan.ignored] == [
        (("Sources", "intruder"), DriftClass.ADDITION)
    ]
    sources = {one["Name"]: one["Action"] for one in lab.entry("service-intentions", "api")["Sources"]}
    assert sources == {"web": "allow", "intruder": "allow"}


async def test_what_others_export_is_not_ours_to_remove_where_it_is_ignored(lab: Shop) -> None:
    rule = "address: exported_services.dc1/default, fields: [Services.billing], reason: payments"
    lab.write(lab.clusters_yaml() + SHOP + rules(rule))
    await lab.apply()
    lab.export_billing()
    assert (await look(lab)).items == ()
    await lab.apply()

    lab.write(lab.clusters_yaml() + SHOP.replace("exports: {dc1: {api: [dc2]}}", "") + rules(rule))
    await lab.apply()

    left = [one["Name"] for one in lab.entry("exported-services", "default")["Services"]]
    assert left == ["billing"]


async def test_going_back_leaves_ignored_fields_alone(scaled: Shop) -> None:
    await scaled.apply()
    scale(scaled, "7")
    scaled.write(scaled.clusters_yaml() + web(SCALE, protocol="grpc"))
    await scaled.apply()

    await scaled.apply(undo=1)

    entry = scaled.entry("service-defaults", "web")
    assert (entry["Protocol"], entry["Meta"]["scale"]) == ("http", "7")


async def test_recording_what_was_changed_outside_keeps_the_record_of_what_is_ignored(scaled: Shop) -> None:
    await scaled.apply()
    scale(scaled, "7", protocol="tcp")

    await scaled.apply(Mode.REFRESH_ONLY)

    body = next(iter((await scaled.state()).resources.values())).body
    assert (body["Protocol"], body["Meta"]["scale"]) == ("tcp", "1")


async def test_a_rotation_is_not_called_different_for_the_sake_of_an_ignored_field(lab: Shop) -> None:
    rule = "address: 'peering.*', fields: [Meta], reason: the portal writes it"
    meta = SHOP.replace("[{between: [dc1, dc2]}]", "[{between: [dc1, dc2], meta: {owner: shop}}]")
    lab.write(lab.clusters_yaml() + meta)
    await lab.apply()
    lab.write(lab.clusters_yaml() + meta.replace("owner: shop", "owner: portal") + rules(rule))

    planned = await lab.plan()
    rotated = await lab.rotate()

    assert not any(change.notes for change in planned.changes), "nothing is said of a field set at creation"
    assert rotated.outcome is not None
    assert rotated.outcome.is_complete


async def test_the_last_day_counts_in_utc_and_the_rule_is_over_after_it(scaled: Shop) -> None:
    scaled.write(scaled.clusters_yaml() + web(f"{SCALE}, until: 2026-06-30"))
    await scaled.apply()
    scale(scaled, "7")
    after = scaled.options(clock=lambda: datetime(2026, 7, 1, tzinfo=UTC))

    assert (await look(scaled)).items == ()
    found = await app.drift(after, Selection())
    assert found.drift is not None
    assert [item.path for item in found.drift.items] == [("Meta", "scale")]
    assert about_rules(found.warnings) == ["ignore-expired"]
    assert about_rules(app.validate(after).diagnostics) == ["ignore-expired"]


async def test_a_rule_whose_field_is_nowhere_is_reported_once_the_clusters_are_read(scaled: Shop) -> None:
    scaled.write(scaled.clusters_yaml() + web(SCALE.replace("Meta.scale", "Meta.scal")))
    await scaled.apply()

    planned = await scaled.plan()
    online = await app.validate_online(scaled.options())

    assert [text for text in planned.warnings if "[ignore-unused]" in text] != []
    assert about_rules(online.diagnostics) == ["ignore-unused"]
    assert about_rules(app.validate(scaled.options()).diagnostics) == []


async def test_a_rule_of_classes_is_used_also_while_nothing_is_of_them(lab: Shop) -> None:
    rule = "address: 'peering.*', classes: [unhealthy], reason: a lab that is down at night"
    lab.write(lab.clusters_yaml() + SHOP + rules(rule))
    await lab.apply()

    assert about_rules((await app.validate_online(lab.options())).diagnostics) == []


async def test_what_could_not_be_read_is_not_called_unused(scaled: Shop) -> None:
    scaled.write(scaled.clusters_yaml() + web(SCALE.replace("Meta.scale", "Meta.scal")))
    await scaled.apply()
    scaled.world.faults.down.add("dc1")

    assert [text for text in (await scaled.plan()).warnings if "ignore-unused" in text] == []


async def test_objects_of_others_may_be_left_out_of_the_list(lab: Shop) -> None:
    rule = "address: 'service_defaults.dc1/legacy-*', classes: [unmanaged-object], reason: they go in March"
    lab.write(lab.clusters_yaml() + SHOP + rules(rule))
    await lab.apply()
    lab.put("service-defaults", "legacy-cart", Protocol="http")
    lab.put("service-defaults", "new", Protocol="http")

    report = await look(lab, unmanaged=True, fail_on=frozenset({DriftClass.OBJECT}))

    assert [str(item.address) for item in report.items] == ["service_defaults.dc1/new"]
    assert [str(address) for address, _ in report.ignored] == ["service_defaults.dc1/legacy-cart"]
    assert drift_code(report) is ExitCode.CHANGES


async def test_a_sensitive_field_that_others_write_stays_theirs_and_out_of_the_state(lab: Shop) -> None:
    said = "sensitive: [[service_defaults.dc1/web, Meta.scale]]\n"
    lab.write(lab.clusters_yaml() + web(SCALE, scale="declared-secret") + said)
    await lab.apply()
    scale(lab, "their-secret", protocol="tcp")

    planned = await lab.apply()
    lab.clear()
    await lab.apply()

    assert planned.outcome is not None
    assert planned.outcome.is_complete
    assert lab.entry("service-defaults", "web")["Meta"]["scale"] == "their-secret"
    assert lab.writes == []
    kept = "".join(path.read_text() for path in (lab.folder / "state").rglob("*.json*"))
    assert "their-secret" not in kept
    assert "declared-secret" not in kept
    found = await app.drift(lab.options(), Selection())
    assert "secret" not in json.dumps(plan_value(found.plan, "1", drift=found.drift)["ignored"])


async def test_an_object_that_is_taken_down_for_a_while_comes_back_with_the_live_value(lab: Shop) -> None:
    def shop(protocol: str) -> str:
        splits = "[{Weight: 50, Service: web}, {Weight: 50, Service: cart}]"
        return lab.clusters_yaml() + (
            f"service_defaults: {{dc1: {{web: {{protocol: {protocol}}}, cart: {{protocol: {protocol}}}}}}}\n"
            'config_entries: {dc1: [{Kind: service-splitter, Name: web, Meta: {owner: shop, scale: "1"}, '
            f"Splits: {splits}}}]}}\n"
            + rules("address: service_splitter.dc1/web, fields: [Meta.scale], reason: the scaler writes it")
        )

    lab.write(shop("http"))
    await lab.apply()
    both = [{"Weight": 50, "Service": "web"}, {"Weight": 50, "Service": "cart"}]
    lab.put("service-splitter", "web", Meta={"owner": "shop", "scale": "7"}, Splits=both)
    lab.write(shop("grpc"))

    applied = await lab.apply()
    lab.clear()
    await lab.apply()

    assert applied.outcome is not None
    assert applied.outcome.is_complete
    assert [str(one.address) for one in applied.plan.actions if one.is_remade] == ["service_splitter.dc1/web"]
    assert lab.entry("service-splitter", "web")["Meta"]["scale"] == "7"
    assert lab.writes == []


async def test_a_saved_plan_is_stale_once_a_rule_has_expired(scaled: Shop) -> None:
    scaled.write(scaled.clusters_yaml() + web(f"{SCALE}, until: 2026-06-30"))
    await scaled.apply()
    scaled.write(scaled.clusters_yaml() + web(f"{SCALE}, until: 2026-06-30", protocol="grpc"))
    made = await app.plan(scaled.options(clock=lambda: DAY), Mode.NORMAL, Selection())
    app.save_plan(made.plan, scaled.folder / "saved.json")
    assert app.load_plan(scaled.folder / "saved.json").ignores == made.plan.ignores
    assert [rule.reason for rule in made.plan.ignores] == ["the scaler writes it"]

    async def perform(now: datetime) -> app.ApplyResult:
        return await app.apply(
            scaled.options(clock=lambda: now),
            Mode.NORMAL,
            Selection(),
            approve=lambda planned: True,
            observe=scaled.events.append,
            stop=app.Stop(),
            saved=scaled.folder / "saved.json",
        )

    with pytest.raises(Failure) as refused:
        await perform(datetime(2026, 7, 1, tzinfo=UTC))
    assert refused.value.cause is Cause.STALE_PLAN
    assert (await perform(DAY)).approved
