"""Federations of real servers, and clusters of different versions: what the plan blocks, and why it must."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest

from reconciler import app
from reconciler.model.block import BlockKind
from reconciler.model.failure import Failure
from reconciler.model.plan import Mode, Plan, Selection
from tests.live.conftest import chosen_versions
from tests.support.agents import Agent, binaries, federate, in_order, until_federated

pytestmark = [pytest.mark.live, pytest.mark.row("federation")]

FOUND = binaries()
# Every version that there is: a federation is where versions differ in what they refuse.
VERSIONS = in_order(FOUND) if not os.environ.get("CONSUL_VERSIONS") else chosen_versions()


@pytest.fixture(scope="module", params=VERSIONS or ["none"])
def federation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Agent]]:
    """dc1 and dc2 are federated, dc3 is a cluster of its own."""
    if request.param not in FOUND:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    yield from federated(FOUND[request.param], tmp_path_factory.mktemp("federation"))


def federated(binary: str, folder: Path) -> Iterator[dict[str, Agent]]:
    agents = {f"dc{number}": Agent(f"f{number}", f"dc{number}", binary, folder) for number in (1, 2, 3)}
    federate(agents["dc1"], agents["dc2"])
    try:
        for agent in agents.values():
            agent.start()
        for agent in agents.values():
            agent.wait()
        until_federated(agents["dc1"], agents["dc2"])
        yield agents
    finally:
        for agent in agents.values():
            agent.stop()


def options(folder: Path, agents: dict[str, Agent], text: str) -> app.Options:
    clusters = "".join(f'  {name}: {{address: "{agent.address}"}}\n' for name, agent in agents.items())
    (folder / "main.yaml").write_text(f"clusters:\n{clusters}{text}")
    return app.Options(root=folder)


async def planned(folder: Path, agents: dict[str, Agent], text: str) -> Plan:
    return (await app.plan(options(folder, agents, text), Mode.NORMAL, Selection())).plan


async def applied(folder: Path, agents: dict[str, Agent], text: str) -> app.ApplyResult:
    return await app.apply(
        options(folder, agents, text),
        Mode.NORMAL,
        Selection(),
        approve=lambda planned: True,
        observe=lambda event: None,
        stop=app.Stop(),
    )


def rules(plan: Plan) -> dict[str, str]:
    """Blocked objects and the rule that blocks each; empty for what only waits."""
    return {
        str(change.address): change.blocked.text.rpartition("[")[2].rstrip("]")
        if change.blocked.kind is BlockKind.FAILED_CHECK
        else ""
        for change in plan.changes
        if change.blocked
    }


MESH = "peerings:\n  - {mesh: [dc1, dc2, dc3]}\n"


async def test_a_federation_peers_with_others_and_not_within_itself(
    tmp_path: Path, federation: dict[str, Agent]
) -> None:
    done = await applied(tmp_path, federation, MESH)
    again = await planned(tmp_path, federation, MESH)

    assert rules(done.plan) == {"peering.dc1/dc2": "one-federation"}
    assert done.outcome is not None
    assert done.outcome.failed == ()
    assert [str(change.address) for change in again.actions] == ["peering.dc1/dc2"]
    for name in ("dc1", "dc2", "dc3"):
        for row in federation[name].call("GET", "/v1/peerings"):  # type: ignore[attr-defined]
            federation[name].call("DELETE", f"/v1/peering/{row['Name']}")


async def test_what_moves_to_the_secondary_stays_on_the_primary(
    tmp_path: Path, federation: dict[str, Agent]
) -> None:
    text = "service_defaults:\n  {name}: {{wan-moved: {{protocol: {protocol}}}}}\n"
    await applied(tmp_path, federation, text.format(name="dc1", protocol="http"))

    done = await applied(tmp_path, federation, text.format(name="dc2", protocol="http"))
    changed = await applied(tmp_path, federation, text.format(name="dc2", protocol="grpc"))

    assert rules(done.plan)["service_defaults.dc1/wan-moved"] == "secondary-datacenter"
    assert rules(changed.plan)["service_defaults.dc1/wan-moved"] == "secondary-datacenter"
    for name in ("dc1", "dc2"):
        entry = federation[name].call("GET", "/v1/config/service-defaults/wan-moved?dc=dc1")
        assert entry["Protocol"] == "http"  # type: ignore[index]
    federation["dc1"].call("DELETE", "/v1/config/service-defaults/wan-moved")


async def test_entries_of_the_secondary_are_blocked_and_those_of_the_primary_are_made(
    tmp_path: Path, federation: dict[str, Agent]
) -> None:
    text = "service_defaults:\n  dc1: {wan-a: {protocol: http}}\n  dc2: {wan-b: {protocol: http}}\n"

    done = await applied(tmp_path, federation, text)

    assert rules(done.plan) == {"service_defaults.dc2/wan-b": "secondary-datacenter"}
    assert any("declare it on dc1" in note for change in done.plan.changes for note in change.notes)
    with pytest.raises(HTTPError):
        federation["dc1"].call("GET", "/v1/config/service-defaults/wan-b")
    federation["dc1"].call("DELETE", "/v1/config/service-defaults/wan-a")


async def test_servers_write_entries_to_the_primary_and_refuse_exports_of_a_secondary(
    federation: dict[str, Agent],
) -> None:
    """Why the plan blocks: the entry appears in the primary, and exports are refused."""
    entry = {"Kind": "service-defaults", "Name": "wan-c", "Protocol": "http"}
    federation["dc2"].call("PUT", "/v1/config", entry)
    found = federation["dc1"].call("GET", "/v1/config/service-defaults/wan-c")
    federation["dc1"].call("DELETE", "/v1/config/service-defaults/wan-c")
    exports = {"Kind": "exported-services", "Name": "default", "Services": []}
    with pytest.raises(HTTPError) as caught:
        federation["dc2"].call("PUT", "/v1/config", exports)

    assert isinstance(found, dict)
    assert found["Protocol"] == "http"
    assert "must not target secondary datacenters" in caught.value.read().decode()


async def test_one_server_under_two_names(tmp_path: Path, federation: dict[str, Agent]) -> None:
    twice = {**federation, "copy": federation["dc3"]}
    options(tmp_path, twice, MESH)
    text = (tmp_path / "main.yaml").read_text()
    # Another spelling of the address: the same spelling is an error of the configuration already.
    port = federation["dc3"].ports["http"]
    text = text.replace(
        f'copy: {{address: "http://127.0.0.1:{port}"', f'copy: {{address: "http://localhost:{port}"'
    )
    (tmp_path / "main.yaml").write_text(text)

    with pytest.raises(Failure, match="copy and dc3 are the same cluster"):
        await app.plan(app.Options(root=tmp_path), Mode.NORMAL, Selection())


SCOPED = """
config_entries:
  dc3:
    - {Kind: service-defaults, Name: scoped, Namespace: finance, Protocol: http}
    - {Kind: service-resolver, Name: scoped, Redirect: {Service: a, Namespace: finance}}
    - {Kind: service-intentions, Name: scoped, Sources: [{Name: a, SamenessGroup: all, Action: allow}]}
    - {Kind: service-defaults, Name: plain, Protocol: http}
"""


async def test_enterprise_things_on_a_community_server(tmp_path: Path, federation: dict[str, Agent]) -> None:
    done = await applied(tmp_path, federation, SCOPED)

    found = rules(done.plan)
    sameness = found.pop("service_intentions.dc3/scoped")
    assert found == {
        "service_defaults.dc3:default:finance/scoped": "needs-enterprise",
        "service_resolver.dc3/scoped": "needs-enterprise",
    }
    assert sameness in ("needs-enterprise", "needs-newer-version")
    assert done.outcome is not None
    assert (done.outcome.added, done.outcome.failed) == (1, ())
    federation["dc3"].call("DELETE", "/v1/config/service-defaults/plain")


@pytest.fixture(scope="module", params=["1.13"])
def beta(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Agent]]:
    """The same of the Consul whose peering was a beta."""
    found = binaries(every=True)
    if request.param not in found:
        pytest.skip("no consul-1.13 in CONSUL_BIN_DIR")
    yield from federated(found[request.param], tmp_path_factory.mktemp("beta"))


async def test_a_federation_of_servers_with_the_peering_beta(tmp_path: Path, beta: dict[str, Agent]) -> None:
    """Peering is deferred by name; entries are the primary's there, too."""
    text = "service_defaults:\n  dc1: {wan-a: {protocol: http}}\n  dc2: {wan-b: {protocol: http}}\n"

    done = await applied(tmp_path, beta, MESH + text)

    assert rules(done.plan) == {"service_defaults.dc2/wan-b": "secondary-datacenter"}
    assert {str(item.address) for item in done.plan.deferred} == {
        "peering.dc1/dc2",
        "peering.dc1/dc3",
        "peering.dc2/dc3",
    }
    assert all("peering needs Consul 1.14 or later" in item.because for item in done.plan.deferred)
    assert done.outcome is not None
    assert (done.outcome.added, done.outcome.failed) == (1, ())
    beta["dc1"].call("DELETE", "/v1/config/service-defaults/wan-a")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Agent]]:
    """dc1 is new, dc3 is old."""
    old, new = (in_order(FOUND) or [""])[0], (in_order(FOUND) or [""])[-1]
    old = "1.14" if "1.14" in FOUND else old
    if old == new:
        pytest.skip("no two versions of Consul in CONSUL_BIN_DIR")
    folder = tmp_path_factory.mktemp("mixed")
    agents = {n: Agent(f"m{n}", n, FOUND[v], folder) for n, v in (("dc1", new), ("dc3", old))}
    try:
        for agent in agents.values():
            agent.start()
        for agent in agents.values():
            agent.wait()
        yield agents
    finally:
        for agent in agents.values():
            agent.stop()


MIXED = """
peerings:
  - {between: [dc1, dc3]}
exports:
  dc3: {api: [dc1]}
groups: {all: [dc1, dc3]}
config_entries:
  all:
    - {Kind: jwt-provider, Name: okta, Issuer: okta, JSONWebKeySet: {Local: {JWKS: "e30="}}}
    - {Kind: proxy-defaults, Name: global, Config: {protocol: http}, MutualTLSMode: strict}
    - {Kind: service-router, Name: far, Routes: [{Match: {HTTP: {PathExact: /a, CaseInsensitive: true}}}]}
"""


@pytest.mark.row("versions")
async def test_one_configuration_for_servers_of_two_versions(tmp_path: Path, mixed: dict[str, Agent]) -> None:
    done = await applied(tmp_path, mixed, MIXED)

    assert rules(done.plan) == {
        "config_entry.dc3/jwt-provider/okta": "needs-newer-version",
        "proxy_defaults.dc3/global": "needs-newer-version",
        "service_router.dc3/far": "needs-newer-version",
    } | {address: "" for address, rule in rules(done.plan).items() if not rule}
    assert done.outcome is not None
    assert done.outcome.failed == (), "no server is the first to tell"
    assert "peering.dc1/dc3" not in rules(done.plan)
