"""The bulk read: few requests, and never absence where there is only ignorance."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from reconciler.emulator import ClusterSpec, World
from reconciler.emulator.core.cluster import MANAGEMENT_TOKEN
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Ambiguous, Denied, NotSent, NotSupported, ProviderError
from reconciler.sdk.provider import ClusterConfig, ClusterInfo, Present, Settings, Unknown, Verb, Wanted
from reconciler_consul import ConsulProvider
from tests.support.provider_lab import PAIR, PAIR_BODY, ProviderLab, Script
from tests.support.virtual import CLOCK, Clock

ALLOW = {"Sources": [{"Name": "web", "Action": "allow"}]}


def intentions(cluster: str, count: int) -> list[Address]:
    return [Address("service_intentions", cluster, f"s{number}") for number in range(count)]


async def test_requests_grow_with_clusters_and_kinds_not_with_objects() -> None:
    lab = ProviderLab("dc1", "dc2")
    wanted = [Wanted(a) for name in lab.names for a in intentions(name, 200)]
    wanted += [Wanted(Address("service_resolver", "dc1", f"r{n}")) for n in range(200)]
    wanted += [Wanted(PAIR, PAIR_BODY)]
    reading = await lab.provider.read(wanted)
    # self and roots of two clusters, intentions of both, resolvers of one, peerings of both
    assert reading.requests == 4 + 2 + 1 + 2
    assert lab.provider.requests == reading.requests
    assert set(reading.objects.values()) == {None}
    again = await lab.provider.read(wanted)
    assert again.requests == 5, "who a cluster is, is asked once"


async def test_a_cluster_says_who_it_is() -> None:
    lab = ProviderLab("dc1", version="1.18.2")
    info = (await lab.provider.read([])).clusters["dc1"]
    assert isinstance(info, ClusterInfo)
    assert info.version.startswith("1.18")
    assert info.identity.endswith(".consul/dc1")
    assert info.facts == {"datacenter": "dc1", "edition": "community"}


async def test_two_clusters_have_two_identities() -> None:
    lab = ProviderLab("dc1", "dc2")
    infos = (await lab.provider.read([])).clusters.values()
    assert len({info.identity for info in infos if isinstance(info, ClusterInfo)}) == 2


async def test_a_cluster_that_is_down_is_unknown_and_the_others_go_on() -> None:
    lab = ProviderLab("dc1", "dc2", "dc3")
    await lab.do(Verb.CREATE, intentions("dc3", 1)[0], ALLOW)
    lab.world.down("dc2")
    wanted = [Wanted(a) for name in lab.names for a in intentions(name, 1)]
    reading = await lab.provider.read([*wanted, Wanted(PAIR, PAIR_BODY)])
    assert lab.provider._apis["dc2"].http.requests == 2, "one probe, repeated once"
    assert isinstance(reading.clusters["dc2"], NotSent)
    assert reading.objects[intentions("dc1", 1)[0]] is None
    assert isinstance(reading.objects[intentions("dc2", 1)[0]], Unknown)
    assert isinstance(reading.objects[intentions("dc3", 1)[0]], Present)
    assert isinstance(reading.objects[PAIR], Unknown)


async def test_one_list_that_fails_hides_only_its_own() -> None:
    lab = ProviderLab("dc1", "dc2")
    lab.world.faults.add("answer", path="/v1/config/service-resolver", times=None, status=502, body="oops")
    resolver = Address("service_resolver", "dc1", "api")
    reading = await lab.provider.read(
        [Wanted(resolver), Wanted(intentions("dc1", 1)[0]), Wanted(PAIR, PAIR_BODY)]
    )
    found = reading.objects[resolver]
    assert isinstance(found, Unknown)
    assert isinstance(found.error, Ambiguous)
    assert reading.objects[intentions("dc1", 1)[0]] is None
    assert reading.objects[PAIR] is None


async def test_a_cluster_outside_the_run_is_unknown_not_absent() -> None:
    lab = ProviderLab("dc1")
    reading = await lab.provider.read(
        [Wanted(Address("mesh", "dc9", "mesh")), Wanted(Address("peering", "dc1", "dc9"))]
    )
    assert all(isinstance(found, Unknown) for found in reading.objects.values())


def answering(**headers: str) -> Script:
    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith("/v1/config/"):
            entries = [{"Kind": "service-intentions", "Name": "s0", "ModifyIndex": 5}]
            return httpx.Response(200, json=entries, headers=headers)
        if path == "/v1/connect/ca/roots":
            return httpx.Response(200, json={"TrustDomain": "x.consul"})
        return httpx.Response(200, json={"Config": {"Version": "1.20.0", "Datacenter": "dc1"}})

    return Script(answer)


async def read_two(script: httpx.AsyncBaseTransport) -> Any:
    provider = ConsulProvider(
        {"dc1": ClusterConfig("dc1", "http://127.0.0.1:8500")}, Settings(transports={"dc1": script})
    )
    reading = await provider.read([Wanted(a) for a in intentions("dc1", 2)])
    return list(reading.objects.values())


@pytest.mark.parametrize(
    ("header", "todo"),
    [
        ({"X-Consul-Results-Filtered-By-ACLs": "true"}, 'service "s1" { policy = "read" }'),
        ({"X-Consul-Default-ACL-Policy": "deny"}, "no token is sent to dc1: set RECONCILER_TOKEN_DC1"),
    ],
    ids=["filtered", "anonymous and denied by default"],
)
async def test_what_a_filtered_list_does_not_show_is_unknown(header: dict[str, str], todo: str) -> None:
    shown, hidden = await read_two(answering(**header))
    assert isinstance(shown, Present)
    assert isinstance(hidden, Unknown)
    assert isinstance(hidden.error, Denied)
    assert todo in hidden.error.hint


async def test_what_a_whole_list_does_not_show_is_absent() -> None:
    shown, absent = await read_two(answering())
    assert isinstance(shown, Present)
    assert absent is None


async def test_without_agent_read_a_cluster_is_still_known() -> None:
    lab = ProviderLab("dc1")
    lab.world = World([ClusterSpec("dc1", acl=True)], clock=CLOCK, delays=False)
    lab.provider = lab.made({"dc1": MANAGEMENT_TOKEN})
    whole = (await lab.provider.read([])).clusters["dc1"]
    lab.provider = lab.made({"dc1": MANAGEMENT_TOKEN})
    lab.world.faults.add("answer", path="/v1/agent/self", status=403, body="Permission denied", times=None)
    partly = (await lab.provider.read([])).clusters["dc1"]
    assert isinstance(whole, ClusterInfo)
    assert isinstance(partly, ClusterInfo)
    assert partly.identity == whole.identity


async def test_peering_switched_off_is_known_from_the_agent_without_the_slow_list() -> None:
    lab = ProviderLab("dc1", "dc2")
    specs = [ClusterSpec("dc1", peering=False), ClusterSpec("dc2")]
    lab.world = World(specs, clock=CLOCK, delays=False)
    lab.provider = lab.made()
    seen = await lab.see(Address("peering", "dc1", "dc2"))
    assert isinstance(seen, Unknown)
    assert isinstance(seen.error, NotSupported)
    assert "dc1 (127.0.0.1:18500) has peering switched off" in seen.error.message
    assert "peering { enabled = true }" in seen.error.hint
    assert ("dc1", "/v1/peerings") not in {(r.cluster, r.path) for r in lab.world.requests}


async def test_without_agent_read_peering_switched_off_is_known_from_the_list() -> None:
    lab = ProviderLab("dc1", "dc2")
    specs = [ClusterSpec("dc1", peering=False), ClusterSpec("dc2")]
    lab.world = World(specs, clock=CLOCK, delays=False)
    lab.world.faults.add("answer", path="/v1/agent/self", status=403, body="Permission denied", times=None)
    lab.provider = lab.made()
    seen = await lab.see(Address("peering", "dc1", "dc2"))
    assert isinstance(seen, Unknown)
    assert isinstance(seen.error, NotSupported)
    assert "peering must be enabled" in seen.error.message


async def test_a_secondary_reads_and_writes_in_the_primary() -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.raw_path.decode()))
        path = request.url.path
        if path == "/v1/agent/self":
            config = {"Version": "1.20.0", "Datacenter": "dc2", "PrimaryDatacenter": "dc1"}
            return httpx.Response(200, json={"Config": config})
        if path == "/v1/connect/ca/roots":
            return httpx.Response(200, json={"TrustDomain": "x.consul"})
        if request.method == "PUT":
            return httpx.Response(200, json=True)
        name = "primary" if "dc=dc1" in str(request.url) else "secondary"
        return httpx.Response(200, json=[{"Kind": "service-intentions", "Name": name, "ModifyIndex": 5}])

    provider = ConsulProvider(
        {"dc2": ClusterConfig("dc2", "http://127.0.0.1:8500")}, Settings(transports={"dc2": Script(answer)})
    )
    address = Address("service_intentions", "dc2", "primary")
    reading = await provider.read([Wanted(address)])
    assert isinstance(reading.objects[address], Present)
    from reconciler.sdk.provider import Step

    await provider.perform(Step(Verb.CREATE, address, None, ALLOW), print)
    assert asked[-1] == ("PUT", "/v1/config?cas=0&dc=dc1")


async def test_enterprise_scopes_go_where_they_belong() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path.decode())
        if request.url.path.startswith("/v1/config/"):
            return httpx.Response(200, json=[])
        if request.url.path == "/v1/connect/ca/roots":
            return httpx.Response(200, json={"TrustDomain": "x.consul"})
        return httpx.Response(200, json={"Config": {"Version": "1.20.0+ent", "Datacenter": "dc1"}})

    provider = ConsulProvider(
        {"dc1": ClusterConfig("dc1", "http://127.0.0.1:8500")}, Settings(transports={"dc1": Script(answer)})
    )
    await provider.read(
        [
            Wanted(Address("service_intentions", "dc1", "api", "team", "prod")),
            Wanted(Address("exported_services", "dc1", "team", "team")),
        ]
    )
    assert "/v1/config/service-intentions?partition=team&ns=prod" in asked
    assert "/v1/config/exported-services?partition=team" in asked


async def test_big_hashes_survive() -> None:
    entry = {"Kind": "service-intentions", "Name": "s0", "Hash": 2**64 - 1, "ModifyIndex": 5}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/v1/config/"):
            return httpx.Response(200, json=[entry])
        return httpx.Response(200, json={"TrustDomain": "x.consul", "Config": {"Datacenter": "dc1"}})

    shown, _ = await read_two(Script(answer))
    assert shown.body["Hash"] == 2**64 - 1


@pytest.mark.parametrize("odd", ["{}", "null", '"x"', "3"])
async def test_an_answer_of_another_shape_is_unknown(odd: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/v1/config/"):
            return httpx.Response(200, json={"TrustDomain": "x.consul", "Config": {"Datacenter": "dc1"}})
        return httpx.Response(200, content=odd.encode(), headers={"content-type": "application/json"})

    for found in await read_two(Script(answer)):
        assert isinstance(found, Unknown)
        assert "/v1/config/service-intentions" in str(found)


async def test_the_same_list_is_not_asked_twice_at_once() -> None:
    lab = ProviderLab("dc1", "dc2", delays=False)
    api, watch = lab.provider._apis["dc1"], lab.provider._peerings().watches["dc1"]
    await api.identity()
    before = api.http.requests
    await asyncio.gather(*(watch.rows() for _ in range(50)))
    assert api.http.requests == before + 1


async def test_a_failed_list_fails_for_all_who_wait_and_for_nobody_after() -> None:
    lab = ProviderLab("dc1")
    watch = lab.provider._peerings().watches["dc1"]
    lab.world.faults.add("answer", path="/v1/peerings", status=403, body="Permission denied")
    results = await asyncio.gather(*(watch.rows() for _ in range(3)), return_exceptions=True)
    assert all(isinstance(item, ProviderError) for item in results)
    assert await watch.rows() == {}


async def test_a_cluster_that_hangs_costs_one_deadline_not_one_for_each_kind(clock: Clock) -> None:
    lab = ProviderLab("dc1")
    lab.world.faults.add("hangs", times=None)
    settings = Settings(read_timeout=4.0, transports=lab.provider._apis["dc1"].http.settings.transports)
    lab.provider = ConsulProvider({"dc1": ClusterConfig("dc1", lab.world.url("dc1"))}, settings)
    kinds = ("service_resolver", "service_router", "service_splitter", "service_defaults", "mesh")
    began = clock()
    reading = await lab.provider.read([Wanted(Address(kind, "dc1", "mesh")) for kind in kinds])
    assert clock() - began == pytest.approx(4.0)
    assert all(isinstance(found, Unknown) for found in reading.objects.values())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/config/service-intentions", "[1]"),
        ("/v1/config/service-intentions", "[{}]"),
        ("/v1/peerings", "[null]"),
        ("/v1/peerings", '[{"Name": 1}]'),
        ("/v1/agent/self", '{"Config": 1}'),
        ("/v1/connect/ca/roots", "[]"),
    ],
)
async def test_json_that_no_consul_sends_is_unknown_not_absent(path: str, body: str) -> None:
    lab = ProviderLab("dc1", "dc2")
    json = {"Content-Type": "application/json"}
    lab.world.faults.add("answer", cluster="dc2", path=path, status=200, body=body, headers=json, times=None)
    wanted = [Wanted(PAIR, PAIR_BODY), Wanted(Address("service_intentions", "dc2", "api"))]
    observed = (await lab.provider.read(wanted)).objects.values()
    unknown = [item.error for item in observed if isinstance(item, Unknown)]
    assert unknown
    assert all(f"answered {path} without" in error.message for error in unknown)
