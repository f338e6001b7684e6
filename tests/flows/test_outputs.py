"""Outputs: what each cluster imports, by the record and by what runs; with the names to dial."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.emulator import World
from reconciler.emulator.core.cluster import MANAGEMENT_TOKEN
from reconciler.model.failure import Cause, Failure
from reconciler.model.plan import Mode
from reconciler.sdk.imports import Import, ImportState
from tests.support.lab import Lab
from tests.support.virtual import CLOCK

PEERED = "peerings: [{between: [dc1, dc2], names: {dc1: us-prod, dc2: eu-prod}}]\n"
EXPORTED = "exports: {dc1: {api: [dc2]}}\n"
HTTP = "service_defaults: {dc1: {api: {protocol: http}}}\n"


@pytest.fixture
def pair(tmp_path: Path) -> Lab:
    """Two clusters; dc1 has `api` in the mesh behind a gateway, and `plain` outside the mesh."""
    lab = Lab(tmp_path, 2)
    register(lab, "dc1", "api")
    lab.call("dc1", "PUT", "/v1/agent/service/register", {"Name": "plain", "Port": 81})
    gateway(lab, "dc1")
    return lab


def register(lab: Lab, cluster: str, name: str) -> None:
    """An instance with its sidecar."""
    body = {"Name": name, "Port": 80, "Connect": {"SidecarService": {}}}
    lab.call(cluster, "PUT", "/v1/agent/service/register", body)


def gateway(lab: Lab, cluster: str) -> None:
    here = {"Address": "127.0.0.1", "Port": 8443}
    body = {
        "Kind": "mesh-gateway",
        "Name": "mesh-gateway",
        "ID": "gw",
        **here,
        "TaggedAddresses": {"wan": here},
    }
    lab.call(cluster, "PUT", "/v1/agent/service/register", body)


def write(lab: Lab, *sections: str) -> None:
    lab.write(lab.clusters_yaml() + "".join(sections))


async def applied(lab: Lab, *sections: str) -> None:
    write(lab, *sections)
    done = (await lab.apply()).outcome
    assert done is not None
    assert done.failed == ()


async def seen(lab: Lab, cluster: str = "dc2", **more: Any) -> dict[str, Import]:
    """A cluster's imports by service."""
    found = await app.outputs(lab.options(), **more)
    return {one.service: one for one in found.clusters[cluster].imports}


def names(one: Import) -> dict[str, str]:
    return {name.kind: name.name for name in one.names}


async def test_an_import_is_listed_with_every_name_to_dial(
    pair: Lab,
) -> None:
    await applied(pair, PEERED, EXPORTED, HTTP)

    api = (await seen(pair))["api"]

    assert (api.origin, api.peer, api.state, api.why) == ("dc1", "eu-prod", ImportState.IMPORTED, "")
    assert names(api) == {
        "virtual": "api.virtual.eu-prod.consul",
        "virtual-explicit": "api.virtual.eu-prod.peer.consul",
        "service": "api.service.eu-prod.peer.consul",
    }
    assert api.upstream == {"destination_name": "api", "destination_peer": "eu-prod"}
    assert api.protocol == "http"
    assert api.has_virtual_address
    assert str(api.virtual_address).startswith("240.")
    assert await seen(pair, "dc1") == {}


async def test_the_virtual_address_is_the_importers_own(pair: Lab) -> None:
    for name in ("one", "two", "three"):
        register(pair, "dc2", name)
    await applied(pair, PEERED, EXPORTED)

    assert (await seen(pair))["api"].virtual_address == "240.0.0.4"


async def test_what_is_exported_and_not_registered_is_not_imported(pair: Lab) -> None:
    await applied(pair, PEERED, "exports: {dc1: {ghost: [dc2]}}\n")

    ghost = (await seen(pair))["ghost"]

    assert ghost.state is ImportState.NOT_IMPORTED
    assert ghost.why == "no instance of it is registered in dc1"
    assert ghost.has_virtual_address is False


async def test_a_service_outside_the_mesh_has_addresses_and_no_virtual_one(pair: Lab) -> None:
    await applied(pair, PEERED, "exports: {dc1: {plain: [dc2]}}\n")

    plain = (await seen(pair))["plain"]

    assert plain.state is ImportState.IMPORTED
    assert plain.has_virtual_address is False
    assert plain.why == "no instance of it in dc1 has a sidecar proxy: it is not in the mesh"


async def test_without_a_gateway_at_the_exporter_no_proxy_reaches_anything(pair: Lab) -> None:
    pair.call("dc1", "PUT", "/v1/agent/service/deregister/gw")
    await applied(pair, PEERED, EXPORTED)

    api = (await seen(pair))["api"]

    assert api.why == "dc1 has no mesh gateway: no proxy can reach it"
    assert api.has_virtual_address is False
    assert api.virtual_address is None


async def test_a_wildcard_lists_the_services_that_really_come(pair: Lab) -> None:
    await applied(pair, PEERED, 'exports: {dc1: {"*": [dc2]}}\n')

    found = await seen(pair)

    assert sorted(found) == ["api", "plain"]
    assert {one.declared for one in found.values()} == {True}


async def test_a_wildcard_with_nothing_to_export_yet(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 2)
    await applied(lab, PEERED, 'exports: {dc1: {"*": [dc2]}}\n')

    every = (await seen(lab))["*"]

    assert every.state is ImportState.NOT_IMPORTED
    assert every.why == "dc1 has no service to export yet"
    assert every.names == ()


async def test_exports_of_others_over_the_same_peering_are_listed_as_undeclared(pair: Lab) -> None:
    await applied(pair, PEERED)
    services = [{"Name": "api", "Consumers": [{"Peer": "us-prod"}]}]
    pair.call(
        "dc1", "PUT", "/v1/config", {"Kind": "exported-services", "Name": "default", "Services": services}
    )

    assert (await seen(pair))["api"].declared is False


async def test_before_an_apply_everything_is_declared_only(pair: Lab) -> None:
    write(pair, PEERED, EXPORTED)

    api = (await seen(pair))["api"]

    assert (api.state, api.why) == (ImportState.NOT_IMPORTED, "declared and not applied yet")


async def test_an_export_that_was_removed_by_hand(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)
    pair.call("dc1", "DELETE", "/v1/config/exported-services/default")

    api = (await seen(pair))["api"]

    assert (api.state, api.why) == (ImportState.NOT_IMPORTED, "dc1 does not export it any more")


async def test_a_peering_that_was_removed_by_hand(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)
    pair.call("dc2", "DELETE", "/v1/peering/eu-prod")

    api = (await seen(pair))["api"]

    assert api.state is ImportState.NOT_IMPORTED
    assert api.why == 'dc2 has no peering called "eu-prod"'


async def test_imports_stay_listed_while_their_exporter_is_down(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)
    pair.world.down("dc1")

    found = await app.outputs(pair.options())

    (api,) = found.clusters["dc2"].imports
    assert api.state is ImportState.IMPORTED
    assert "the peering is FAILING on dc2" in api.why
    assert found.clusters["dc1"].problem
    assert found.clusters["dc1"].info is None


async def test_an_importer_that_does_not_answer_is_unknown_and_not_empty(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)
    pair.world.down("dc2")

    found = (await app.outputs(pair.options())).clusters["dc2"]

    assert found.problem
    (api,) = found.imports
    assert api.state is ImportState.UNKNOWN
    assert api.has_virtual_address is None


async def test_another_cluster_at_the_address_is_refused(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)
    pair.world = World(pair.specs, clock=CLOCK, delays=False)

    with pytest.raises(Failure) as caught:
        await app.outputs(pair.options())

    assert caught.value.cause is Cause.WRONG_CLUSTER


async def test_local_names_that_lead_there(pair: Lab) -> None:
    await applied(
        pair,
        PEERED,
        EXPORTED,
        HTTP.replace("}}}", "}}, dc2: {shop: {protocol: http}, api: {protocol: http}}}"),
        "redirects: {dc2: {remote: api@dc1}}\n",
        "failover: {dc2: {api: [api@dc1]}}\n",
        "splits: {dc2: {shop: {shop: 90, api@dc1: 10}}}\n",
        "routes: {dc2: {api: [{match: {path_prefix: /v2}, to: api@dc1}]}}\n",
    )

    found = [(name.name, name.way, name.detail) for name in (await seen(pair))["api"].local_names]

    assert found == [
        ("api", "failover", ""),
        ("api-dc1", "redirect", ""),
        ("remote", "redirect", ""),
        ("shop", "split", "10 %"),
        ("api", "route", "/v2*"),
    ]


async def test_mode_local_needs_a_gateway_of_the_callers_cluster(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED, "proxy_defaults: {dc2: {mesh_gateway: {mode: local}}}\n")

    importer = (await app.outputs(pair.options())).clusters["dc2"]
    (api,) = importer.imports

    assert api.gateway.needed
    assert any("none is registered there" in note for note in importer.notes)

    gateway(pair, "dc2")
    again = (await app.outputs(pair.options())).clusters["dc2"]
    assert not any("none is registered there" in note for note in again.notes)


async def test_one_caller_may_need_a_gateway_that_others_do_not(pair: Lab) -> None:
    override = "{Name: api, Peer: eu-prod, MeshGateway: {Mode: local}}"
    entry = f"{{Kind: service-defaults, Name: web, UpstreamConfig: {{Overrides: [{override}]}}}}"
    await applied(pair, PEERED, EXPORTED, f"config_entries: {{dc2: [{entry}]}}\n")

    api = (await seen(pair))["api"]

    assert api.gateway.needed is False
    assert api.gateway.callers == ("web",)


async def test_offline_says_what_the_configuration_tells_and_asks_nobody(pair: Lab) -> None:
    write(
        pair,
        PEERED,
        'exports: {dc1: {api: [dc2], "*": [dc2]}}\n',
        HTTP,
        "redirects: {dc2: {remote: api@dc1}}\n",
    )
    pair.clear()

    found = await seen(pair, live=False)

    assert not pair.world.requests
    api = found["api"]
    assert (api.state, api.protocol, api.has_virtual_address) == (ImportState.UNKNOWN, "http", None)
    assert names(api)["virtual"] == "api.virtual.eu-prod.<domain>"
    assert [name.name for name in api.local_names] == ["remote"]
    assert found["*"].state is ImportState.UNKNOWN
    assert "only the running cluster knows" in found["*"].why


async def test_offline_does_not_guess_what_others_may_own(pair: Lab) -> None:
    write(pair, PEERED, EXPORTED)

    api = (await seen(pair, live=False))["api"]

    assert api.protocol is None
    assert api.gateway.needed is None


async def test_requests_grow_with_clusters_and_imports(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)
    pair.clear()

    found = await app.outputs(pair.options())

    per_cluster = 2 + 1 + 6 + 2  # who it is, peerings, entries by kind, gateways and names of services
    assert found.requests == 2 * per_cluster + 1
    assert pair.writes == []


async def test_one_cluster_may_be_asked_for(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)

    assert list((await app.outputs(pair.options(), only="dc2")).clusters) == ["dc2"]
    with pytest.raises(Failure) as raised:
        await app.outputs(pair.options(), only="dc9")
    assert raised.value.cause is Cause.USAGE


async def test_for_one_cluster_only_those_are_asked_that_have_a_part_in_it(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 4)
    await applied(lab, "peerings: [{between: [dc1, dc2]}, {between: [dc3, dc4]}]\n", EXPORTED)
    lab.clear()

    found = await app.outputs(lab.options(), only="dc2")

    assert set(found.asked) == {"dc1", "dc2"}
    assert {request.cluster for request in lab.world.requests} == {"dc1", "dc2"}
    assert list((await app.outputs(lab.options(), only="dc3")).clusters) == ["dc3"]


async def test_after_destroy_nothing_is_imported(pair: Lab) -> None:
    await applied(pair, PEERED, EXPORTED)
    await pair.apply(Mode.DESTROY)
    write(pair)

    assert await seen(pair) == {}


async def test_a_token_that_may_read_little_leaves_things_unknown(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 2, acl=True)
    lab.environ = {f"RECONCILER_TOKEN_DC{n}": MANAGEMENT_TOKEN for n in (1, 2)}
    await applied(lab, PEERED, EXPORTED)
    lab.environ["RECONCILER_TOKEN_DC2"] = _token(lab, "dc2", 'peering = "read"')

    found = (await app.outputs(lab.options())).clusters["dc2"]

    (api,) = found.imports
    assert found.domain is None
    assert any("the DNS domain of dc2 is not known" in note for note in found.notes)
    assert names(api)["virtual"] == "api.virtual.eu-prod.<domain>"
    assert api.state is ImportState.IMPORTED
    assert api.has_virtual_address is None
    assert "Permission denied" in api.why
    assert api.gateway.needed is False, "proxy-defaults may be read by every token"


@pytest.mark.parametrize(
    ("version", "rules"),
    [
        ("1.20", 'peering = "read" service_prefix "" { policy = "read" }'),
        ("1.14", 'peering = "read" service_prefix "" { policy = "read" }'),
        ("1.14", 'peering = "read"'),
    ],
)
async def test_an_empty_list_that_was_cut_is_no_absence(tmp_path: Path, version: str, rules: str) -> None:
    """Consul 1.14 cuts lists of proxies without saying so."""
    lab = Lab(tmp_path, 2, acl=True, version=version)
    lab.environ = {f"RECONCILER_TOKEN_DC{n}": MANAGEMENT_TOKEN for n in (1, 2)}
    body = {"Name": "api", "Port": 80, "Connect": {"SidecarService": {}}}
    headers = {"x-consul-token": MANAGEMENT_TOKEN}
    lab.call("dc1", "PUT", "/v1/agent/service/register", body, headers)
    await applied(lab, PEERED, EXPORTED)
    lab.environ["RECONCILER_TOKEN_DC2"] = _token(lab, "dc2", rules)

    api = (await seen(lab))["api"]

    assert (api.state, api.has_virtual_address) == (ImportState.IMPORTED, None)
    assert "does not show its token" in api.why


async def test_a_token_without_peerings_leaves_everything_unknown(tmp_path: Path) -> None:
    lab = Lab(tmp_path, 2, acl=True)
    lab.environ = {f"RECONCILER_TOKEN_DC{n}": MANAGEMENT_TOKEN for n in (1, 2)}
    await applied(lab, PEERED, EXPORTED)
    lab.environ["RECONCILER_TOKEN_DC2"] = _token(lab, "dc2", 'service_prefix "" { policy = "read" }')

    (api,) = (await app.outputs(lab.options())).clusters["dc2"].imports

    assert api.state is ImportState.UNKNOWN
    assert "peering:read" in api.why


def _token(lab: Lab, cluster: str, rules: str) -> str:
    headers = {"x-consul-token": MANAGEMENT_TOKEN}
    lab.call(cluster, "PUT", "/v1/acl/policy", {"Name": "few", "Rules": rules}, headers)
    made = lab.call(cluster, "PUT", "/v1/acl/token", {"Policies": [{"Name": "few"}]}, headers)
    return str(made["SecretID"])
