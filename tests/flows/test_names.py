"""Names that differ in case only are one object: found, adopted, shown and kept."""

from __future__ import annotations

from pathlib import Path

from reconciler.model.change import Action
from reconciler.model.plan import Mode
from tests.support.lab import Lab

_STANDS = 'it exists as "{}": Consul holds one object under all spellings of a name'


def _entry(lab: Lab, kind: str, name: str) -> dict[str, object]:
    found: dict[str, object] = lab.call("dc1", "GET", f"/v1/config/{kind}/{name}")
    return found


async def test_an_entry_of_another_spelling_is_adopted_and_changed(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=1)
    lab.call("dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "Orders", "Protocol": "tcp"})
    lab.call("dc1", "PUT", "/v1/config", {"Kind": "service-defaults", "Name": "Billing", "Protocol": "http"})
    declared = "service_defaults:\n  dc1: {orders: {protocol: http}, billing: {protocol: http}}\n"
    lab.write(lab.clusters_yaml() + declared)

    plan = await lab.plan()
    changes = {change.address.name: change for change in plan.changes}
    assert changes["orders"].action is Action.UPDATE
    assert changes["billing"].action is Action.NO_OP
    assert all(change.adopt for change in changes.values())
    assert changes["orders"].notes == (_STANDS.format("Orders"),)
    assert changes["billing"].notes == (_STANDS.format("Billing"),)

    outcome = (await lab.apply()).outcome
    assert outcome is not None
    assert outcome.failed == ()
    assert _entry(lab, "service-defaults", "orders")["Protocol"] == "http"
    again = await lab.plan()
    assert not again.has_changes
    assert all(change.notes == () for change in again.changes)

    await lab.apply(Mode.DESTROY)
    assert lab.call("dc1", "GET", "/v1/config/service-defaults") == []


async def test_another_spelling_in_the_configuration_destroys_nothing(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=1)
    lab.write(lab.clusters_yaml() + "service_defaults: {dc1: {Orders: {protocol: http}, gone: {}}}\n")
    await lab.apply()
    lab.write(lab.clusters_yaml() + "service_defaults: {dc1: {orders: {protocol: http}}}\n")

    plan = await lab.plan()
    assert [(change.address.name, change.action) for change in plan.actions] == [("gone", Action.DELETE)]
    await lab.apply()

    assert [address.name for address in (await lab.state()).resources] == ["orders"]
    assert _entry(lab, "service-defaults", "orders")["Protocol"] == "http"
    assert not (await lab.plan()).has_changes


async def test_sources_of_the_old_api_lose_their_ids_and_the_plan_says_so(tmp_path: Path) -> None:
    lab = Lab(tmp_path, clusters=1)
    old = {"SourceName": "old", "DestinationName": "api", "SourceType": "consul", "Action": "allow"}
    lab.call("dc1", "POST", "/v1/connect/intentions", old)
    sources = "[{from: old, action: allow}, {from: web, action: allow}]"
    lab.write(lab.clusters_yaml() + f"intentions: {{dc1: {{api: {sources}}}}}\n")

    [change] = (await lab.plan()).changes

    assert change.notes == (
        "a write removes ID, metadata and times that the old intentions API gave to: old",
    )
