"""The table of capabilities held against real servers: what it says an older one lacks, that one refuses.

All binaries there are, 1.13 too, whatever CONSUL_VERSIONS asks for: their differences are the subject.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
import pytest_asyncio

from reconciler.sdk.consul.entry_kinds import entry_kinds
from reconciler.sdk.provider import ClusterConfig, Settings
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.capabilities import PROTOCOLS_CHECKED, Capability, fields_of, kinds
from reconciler_consul.server.entry_capabilities import Server, entry_findings
from tests.support.agents import Agent, binaries

pytestmark = pytest.mark.live

FOUND = binaries(every=True)
SINGLE = {"proxy-defaults": "global", "exported-services": "default"}


@pytest.fixture(scope="module", params=list(FOUND) or ["none"])
def agent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    if request.param not in FOUND:
        pytest.skip("no Consul: set CONSUL_BIN_DIR to a folder with consul-<version> files")
    made = Agent("table", "dc1", FOUND[request.param], tmp_path_factory.mktemp("table"))
    try:
        made.start()
        made.wait()
        yield made
    finally:
        made.stop()


@pytest_asyncio.fixture
async def api(agent: Agent) -> AsyncIterator[ConsulApi]:
    made = ConsulApi(ClusterConfig("dc1", agent.address), Settings())
    yield made
    await made.http.close()


async def server_of(api: ConsulApi) -> Server:
    return Server.of((await api.identity()).info)


def put(agent: Agent, body: dict[str, Any]) -> str:
    """Write an entry; gives the server's refusal, empty where it took it."""
    try:
        agent.call("PUT", "/v1/config", body)
    except HTTPError as error:
        return error.read().decode()
    return ""


def entry(kind: str, path: str, value: Any) -> dict[str, Any]:
    """A body with a value at a path. Lists take one object where a list is expected."""
    for step in reversed(path.split(".")):
        value = {step: value}
    name = {} if kind == "mesh" else {"Name": SINGLE.get(kind, "table")}
    return {"Kind": kind, **name, **value}


def known(agent: Agent, item: Capability) -> bool:
    """Whether the server's decoder knows the key: `null` is absence, for a key that it knows."""
    return "invalid config key" not in put(agent, entry(item.kind, item.path, None))


FIELDS = [item for kind in entry_kinds() for item in fields_of(kind)]
VERSIONED = [item for item in FIELDS if item.since]


def has_kind(server: Server, kind: str) -> bool:
    """Whether the server's version has the kind at all: of one that it has not, no field is looked at."""
    return kind not in kinds() or server.lacks(kinds()[kind].since) is None


async def test_every_field_is_refused_by_the_versions_that_lack_it_and_by_no_other(
    agent: Agent, api: ConsulApi
) -> None:
    server = await server_of(api)

    wrong = [
        f"{item.kind} {item.path}"
        for item in VERSIONED
        if has_kind(server, item.kind) and known(agent, item) is (server.lacks(item.since) is not None)
    ]

    assert wrong == []


async def test_every_kind_is_listed_by_the_versions_that_have_it_and_by_no_other(
    agent: Agent, api: ConsulApi
) -> None:
    server = await server_of(api)

    def listed(kind: str) -> bool:
        try:
            agent.call("GET", f"/v1/config/{kind}")
        except HTTPError as error:
            return "invalid config entry kind" not in error.read().decode()
        return True

    versioned = [item for item in kinds().values() if item.since]
    assert [item.kind for item in versioned if listed(item.kind) is bool(server.lacks(item.since))] == []
    assert not listed("control-plane-request-limit"), "Community Edition does not even know it"


SAMPLES: dict[str, Any] = {
    "PrioritizeByLocality": {"Mode": "failover"},
    "Failover.*.Policy": {"Mode": "order-by-locality"},
    "RateLimits": {"InstanceLevel": {"RequestsPerSecond": 5, "RequestsMaxBurst": 6}},
    "Rules.Filters.JWT": {"Providers": [{"Name": "okta"}]},
    "Rules.Services.Filters.JWT": {"Providers": [{"Name": "okta"}]},
    "Listeners.Default.JWT": {"Providers": [{"Name": "okta"}]},
    "Listeners.Override.JWT": {"Providers": [{"Name": "okta"}]},
}
# What stands beside a field, so that the server refuses the entry for nothing else.
BESIDES: dict[str, dict[str, Any]] = {
    "Redirect": {"Service": "other"},
    "Failover.*": {"Service": "other"},
    "Failover.*.Targets": {"Service": "other"},
    "Sources": {"Name": "web", "Action": "allow"},
    "UpstreamConfig.Overrides": {"Name": "other"},
    "Services.Consumers": {},
}


def complete(item: Capability) -> dict[str, Any]:
    """An entry with a value in the field, and what else it needs."""
    parent, _, field = item.path.rpartition(".")
    alone = item.path == "Failover.*.SamenessGroup"
    value = {**({} if alone else BESIDES.get(parent, {})), field: SAMPLES.get(item.path, "somewhere")}
    body = entry(item.kind, parent, value) if parent else entry(item.kind, field, value[field])
    return {**body, "Services": [{"Name": "api", **body["Services"]}]} if "Services" in body else body


@pytest.mark.parametrize("item", [i for i in FIELDS if i.enterprise and not i.default], ids=lambda i: i.path)
async def test_community_refuses_what_needs_enterprise(
    agent: Agent, api: ConsulApi, item: Capability
) -> None:
    server = await server_of(api)
    body = complete(item)

    refusal = put(agent, body)

    found = " ".join(finding.message for finding in entry_findings(item.kind, body, server))
    assert (item.path if has_kind(server, item.kind) else item.kind) in found, "the plan says so first"
    if server.lacks(((1, 14, 0),)):
        return  # 1.13 takes, and ignores, namespaces and partitions in redirects
    assert any(word in refusal for word in ("nterprise", "invalid config key", "invalid config entry kind"))


async def test_protocols_are_checked_by_the_versions_that_check_them(agent: Agent, api: ConsulApi) -> None:
    server = await server_of(api)
    body = {"Kind": "service-defaults", "Name": "odd", "Protocol": "htpp"}

    refused = "invalid value for protocol" in put(agent, body)

    assert refused is (server.lacks(PROTOCOLS_CHECKED) is None)
    assert refused is bool(list(entry_findings("service-defaults", body, server)))


async def test_mesh_gateways_are_found_in_the_catalog_or_nothing_is_said(
    agent: Agent, api: ConsulApi
) -> None:
    server = await server_of(api)
    before = await api.has_service_of_kind("mesh-gateway")
    agent.call("PUT", "/v1/agent/service/register", {"Name": "gw", "Kind": "mesh-gateway", "Port": 8443})
    try:
        after = await api.has_service_of_kind("mesh-gateway")
    finally:
        agent.call("PUT", "/v1/agent/service/deregister/gw")

    assert server.numbers is not None
    assert (before, after) == ((None, None) if server.numbers < (1, 14, 0) else (False, True))


async def test_what_the_server_says_of_a_token_without_gateways(agent: Agent, api: ConsulApi) -> None:
    """The 500 that the plan spares, and the row that it leaves behind."""
    if (await server_of(api)).lacks(((1, 14, 0),)):
        pytest.skip("no peering through mesh gateways before 1.14")
    agent.call("PUT", "/v1/config", {"Kind": "mesh", "Peering": {"PeerThroughMeshGateways": True}})
    try:
        with pytest.raises(HTTPError) as caught:
            agent.call("POST", "/v1/peering/token", {"PeerName": "through"})
        assert "no mesh gateway instances are registered" in caught.value.read().decode()
        left = json.dumps(agent.call("GET", "/v1/peering/through"))
        assert "PENDING" in left
    finally:
        agent.call("DELETE", "/v1/config/mesh/mesh")
        agent.call("DELETE", "/v1/peering/through")
