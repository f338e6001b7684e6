"""Clusters of several versions in one configuration: a plan says what an older one lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.emulator import ClusterSpec, World
from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan
from reconciler.render.plan.page import plan_lines
from reconciler.render.text.lines import Line
from tests.support.lab import Lab
from tests.support.virtual import CLOCK

CONFIGURATION = """
peerings:
  - {mesh: [dc1, dc2, dc3]}
exports:
  dc3: {api: [dc1]}
service_defaults:
  dc1: {api: {protocol: http}}
  dc3: {api: {protocol: http}}
config_entries:
  dc1:
    - {Kind: jwt-provider, Name: okta, Issuer: okta, JSONWebKeySet: {Local: {JWKS: "e30="}}}
    - Kind: service-intentions
      Name: api
      Sources:
        - Name: web
          Permissions: [{Action: allow, HTTP: {PathPrefix: /}, JWT: {Providers: [{Name: okta}]}}]
  dc3:
    - {Kind: jwt-provider, Name: okta, Issuer: okta, JSONWebKeySet: {Local: {JWKS: "e30="}}}
    - Kind: service-intentions
      Name: api
      Sources:
        - Name: web
          Permissions: [{Action: allow, HTTP: {PathPrefix: /}, JWT: {Providers: [{Name: okta}]}}]
    - {Kind: mesh, AllowEnablingPermissiveMutualTLS: false}
"""


def laboratory(folder: Path, text: str, *versions: str) -> Lab:
    lab = Lab(folder, clusters=len(versions))
    lab.specs = [
        ClusterSpec(name, version=version, port=8500 + 20 * number)
        for number, (name, version) in enumerate(zip(lab.names, versions, strict=True))
    ]
    lab.world = World(lab.specs, clock=CLOCK, delays=False)
    lab.write(lab.clusters_yaml() + text)
    return lab


def blocked(plan: Plan) -> dict[str, str]:
    return {str(change.address): str(change.blocked) for change in plan.changes if change.blocked}


def one(plan: Plan, address: str) -> Change:
    return next(change for change in plan.changes if str(change.address) == address)


def text(line: Line) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in line)


def page(plan: Plan) -> str:
    return "\n".join(text(line) for line in plan_lines(plan))


async def test_what_an_older_cluster_lacks_is_blocked_there_and_made_elsewhere(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, CONFIGURATION, "1.20", "1.20", "1.14")

    applied = await lab.apply()

    assert {a: why for a, why in blocked(applied.plan).items() if not why.startswith("needs ")} == {
        "config_entry.dc3/jwt-provider/okta": "jwt-provider needs Consul 1.16, dc3 runs 1.14.11"
        " [needs-newer-version]",
        "service_intentions.dc3/api": "Sources.Permissions.JWT needs Consul 1.16, dc3 runs 1.14.11"
        " [needs-newer-version]",
        "mesh.dc3/mesh": "AllowEnablingPermissiveMutualTLS needs Consul 1.16, dc3 runs 1.14.11"
        " [needs-newer-version]",
    }
    assert applied.outcome is not None
    assert applied.outcome.failed == ()
    assert lab.call("dc1", "GET", "/v1/config/jwt-provider/okta")["Issuer"] == "okta"
    assert "peering.dc1/dc2" not in blocked(applied.plan)


async def test_only_what_hangs_on_it_waits(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, CONFIGURATION, "1.20", "1.20", "1.14")

    plan = await lab.plan()

    hanging = {a for a, why in blocked(plan).items() if why.endswith(", which is blocked")}
    # Both ends' mesh entries go before a peering, and what names the peer comes after it.
    assert hanging == {"peering.dc1/dc3", "peering.dc2/dc3", "exported_services.dc3/default"}
    assert one(plan, "service_defaults.dc3/api").action is Action.CREATE


async def test_the_servers_are_never_asked_for_what_they_would_refuse(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, CONFIGURATION, "1.20", "1.20", "1.14")

    await lab.apply()

    assert [w for w in lab.writes if w.startswith("PUT dc3/")] == ["PUT dc3/v1/config"], "service defaults"


async def test_the_page_names_the_rule_and_the_place(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, CONFIGURATION, "1.20", "1.20", "1.14")

    shown = page(await lab.plan())

    assert "needs Consul 1.16, dc3 runs 1.14.11 [needs-newer-version] (" in shown
    assert "main.yaml:2" in shown
    assert "upgrade dc3, or leave it out there" in shown
    assert "which is blocked (" not in shown, "the place of something that only waits says nothing"


async def test_after_the_upgrade_the_same_configuration_is_applied(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, CONFIGURATION, "1.20", "1.20", "1.14")
    before = await lab.plan()
    newer = laboratory(tmp_path, CONFIGURATION, "1.20", "1.20", "1.16")

    after = await newer.plan()
    applied = await newer.apply()

    assert blocked(after) == {}
    assert after.fingerprint != before.fingerprint
    assert applied.outcome is not None
    assert applied.outcome.failed == ()


async def test_versions_cost_no_request(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, CONFIGURATION, "1.20", "1.20", "1.20")
    await lab.apply()
    lab.clear()

    plan = await lab.plan()

    assert plan.requests == len(lab.reads)
    assert len(lab.reads) == len(set(lab.reads)), "nothing is asked twice"
    assert not any("/catalog/" in read for read in lab.reads)


GATEWAYS = """
peerings:
  - {between: [dc1, dc2]}
mesh:
  dc1: {peering: {peer_through_mesh_gateways: true}}
exports:
  dc1: {api: [dc2]}
"""


async def test_a_peering_through_gateways_waits_until_one_is_registered(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, GATEWAYS, "1.20", "1.20")

    first = await lab.apply()
    rows = lab.call("dc1", "GET", "/v1/peerings")
    lab.call(
        "dc1",
        "PUT",
        "/v1/agent/service/register",
        {"Name": "gateway", "Kind": "mesh-gateway", "Port": 8443, "Address": "127.0.0.1"},
    )
    second = await lab.plan()

    assert blocked(first.plan) == {
        "peering.dc1/dc2": "dc1 peers through mesh gateways and none is registered [mesh-gateway]",
        "exported_services.dc1/default": "needs peering.dc1/dc2, which is blocked",
    }
    assert lab.call("dc1", "GET", "/v1/config/mesh/mesh")["Peering"] == {"PeerThroughMeshGateways": True}
    assert rows == [], "Consul leaves a row behind where it refuses: none was asked for"
    assert any("consul connect envoy" in note for note in one(first.plan, "peering.dc1/dc2").notes)
    assert blocked(second) == {}


async def test_turning_gateways_on_later_says_what_it_means_for_what_stands(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, GATEWAYS.replace("true", "false"), "1.20", "1.20")
    await lab.apply()
    configuration = lab.folder / "main.yaml"
    configuration.write_text(configuration.read_text().replace("false", "true"))

    without = await lab.plan()
    register = {"Name": "gateway", "Kind": "mesh-gateway", "Port": 8443, "Address": "127.0.0.1"}
    lab.call("dc1", "PUT", "/v1/agent/service/register", register)
    with_one = await lab.apply()
    lab.world.requests.clear()
    again = await lab.plan()

    assert blocked(without) == {}
    notes = one(without, "mesh.dc1/mesh").notes
    assert "no mesh gateway is registered on dc1: until one is, it can accept no new peering" in notes[0]
    assert notes[1].startswith(
        "peering.dc1/dc2: existing peerings stay up and are not recreated; the other end learns"
    )
    assert [note[:40] for note in one(with_one.plan, "mesh.dc1/mesh").notes] == [notes[1][:40]]
    assert not again.has_changes
    assert not any("/catalog/" in read for read in lab.reads)


async def test_gateways_are_looked_for_once_and_only_where_they_matter(tmp_path: Path) -> None:
    spokes = GATEWAYS.replace("{between: [dc1, dc2]}", "{hub: dc1, spokes: [dc2, dc3, dc4]}")
    lab = laboratory(tmp_path, spokes, "1.20", "1.20", "1.20", "1.20")

    await lab.plan()

    assert [read for read in lab.reads if "/catalog/" in read] == ["dc1/v1/catalog/services"]


async def test_the_dialing_end_needs_no_gateway(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, GATEWAYS.replace("dc1: {peering", "dc2: {peering"), "1.20", "1.20")

    plan = await lab.plan()

    assert blocked(plan) == {}
    assert not any("/catalog/" in read for read in lab.reads)


STRANGERS = """
peerings:
  - {between: [dc1, dc2]}
config_entries:
  dc1:
    - Kind: service-intentions
      Name: api
      Sources: [{Name: web, Peer: dc3, Action: deny}, {Name: web, Peer: dc2, Action: deny}]
"""


async def test_a_peer_that_nobody_is_called_is_noted_until_it_exists(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, STRANGERS, "1.20", "1.20")
    applied = await lab.apply()
    standing = await lab.plan()
    lab.call("dc1", "POST", "/v1/peering/token", {"PeerName": "dc3"})

    known = await lab.plan()

    remark = 'dc1 has no peer called "dc3", and none is declared: this has no effect [unknown-peer]'
    for plan in (applied.plan, standing):
        assert one(plan, "service_intentions.dc1/api").notes == (remark,)
    assert f"Note: service_intentions.dc1/api: {remark}" in page(standing)
    assert one(known, "service_intentions.dc1/api").notes == ()


@pytest.mark.parametrize("version", ["1.14", "1.16", "1.18", "1.20", "1.22"])
async def test_every_supported_version_takes_the_example(lab: Lab, tmp_path: Path, version: str) -> None:
    lab.specs = [ClusterSpec(n, version=version, port=8500 + 20 * i) for i, n in enumerate(lab.names)]
    lab.world = World(lab.specs, clock=CLOCK, delays=False)

    assert blocked(await lab.plan()) == {}
