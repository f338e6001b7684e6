"""The provider against real servers: lives of peerings and entries, and no false difference in any kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from reconciler.engine.bodies.canonical import canonical
from reconciler.engine.bodies.merge import merge
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Conflict, Denied, DoesNotFit, Invalid, NotSupported, TimedOut
from reconciler.sdk.provider import (
    Applied,
    Body,
    ClusterConfig,
    Condition,
    Observation,
    Present,
    Settings,
    Step,
    Unknown,
    Verb,
    Wanted,
)
from reconciler.sdk.secrets.secret import Secret
from reconciler_consul import ConsulProvider
from reconciler_consul.kinds.all import KINDS
from tests.support.agents import MANAGEMENT, Agent, free_ports
from tests.support.patience import LIMIT

pytestmark = pytest.mark.live


def provider_for(agents: list[Agent], token: str | None = None) -> ConsulProvider:
    secret = Secret(token) if token else None
    clusters = {a.datacenter: ClusterConfig(a.datacenter, a.address, secret) for a in agents}
    return ConsulProvider(clusters, Settings(wait_timeout=30.0))


@pytest_asyncio.fixture
async def provider(trio: list[Agent]) -> AsyncIterator[ConsulProvider]:
    made = provider_for(trio)
    yield made
    await made.close()


def pair(one: str, other: str, *, tag: str = "") -> tuple[Address, dict[str, Any]]:
    names = {one: f"{other}{tag}", other: f"{one}{tag}"}
    return Address("peering", one, other), {"Acceptor": one, "Dialer": other, "Names": names}


async def do(
    provider: ConsulProvider, verb: Verb, address: Address, after: Body | None, before: Present | None = None
) -> Applied:
    step = Step(verb, address, before, after, before.version if before else None)
    return await provider.perform(step, lambda _: None)


async def see(provider: ConsulProvider, address: Address, hint: Body | None = None) -> Observation:
    return (await provider.read([Wanted(address, hint)])).objects[address]


async def shown(provider: ConsulProvider, address: Address, hint: Body | None = None) -> Present:
    found = await see(provider, address, hint)
    assert isinstance(found, Present), found
    return found


async def removed(provider: ConsulProvider, address: Address, hint: Body | None = None) -> None:
    found = await see(provider, address, hint)
    if isinstance(found, Present):
        await do(provider, Verb.DELETE, address, None, found)
    assert await see(provider, address, hint) is None


async def a_mesh_of_three(provider: ConsulProvider, _: list[Agent]) -> None:
    mesh = [pair("dc1", "dc2", tag="-m"), pair("dc1", "dc3", tag="-m"), pair("dc2", "dc3", tag="-m")]
    await asyncio.gather(
        *(do(provider, Verb.CREATE, address, {**body, "Meta": {"owner": "x"}}) for address, body in mesh)
    )
    reading = await provider.read([Wanted(*item) for item in mesh])
    rule = KINDS["peering"].rule
    for address, body in mesh:
        found = reading.objects[address]
        assert isinstance(found, Present)
        assert found.condition is Condition.READY
        wanted = canonical(rule, {**body, "Meta": {"owner": "x"}}, declared=True)
        assert canonical(rule, found.body, declared=False) == wanted
    await asyncio.gather(*(removed(provider, *item) for item in mesh))


async def half_made_terminated_and_replaced(provider: ConsulProvider, trio: list[Agent]) -> None:
    address, body = pair("dc1", "dc2", tag="-h")
    trio[0].call("POST", "/v1/peering/token", {"PeerName": "dc2-h"})
    half = await shown(provider, address, body)
    assert half.condition is Condition.INCOMPLETE
    await do(provider, Verb.CREATE, address, body, half)
    assert (await shown(provider, address, body)).condition is Condition.READY

    trio[0].call("DELETE", "/v1/peering/dc2-h")
    broken = await shown(provider, address, body)
    async with asyncio.timeout(LIMIT):
        # The other end hears of it at its leader's next round, up to five seconds later.
        while broken.condition is not Condition.BROKEN or broken.remote_ids.keys() != {"dialer_id"}:
            await asyncio.sleep(0.1)
            broken = await shown(provider, address, body)
    await do(provider, Verb.REPLACE, address, body, broken)
    healthy = await shown(provider, address, body)
    assert healthy.condition is Condition.READY
    await do(provider, Verb.REPLACE, address, body, healthy)
    again = await shown(provider, address, body)
    assert again.condition is Condition.READY
    with pytest.raises(Conflict):
        await do(provider, Verb.DELETE, address, None, healthy)
    await removed(provider, address, body)


async def left_of_a_failed_exchange(provider: ConsulProvider, trio: list[Agent]) -> None:
    address, body = pair("dc1", "dc2", tag="-f")
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    with pytest.raises(TimedOut, match="dc2 could not reach dc1") as caught:
        await do(provider, Verb.CREATE, address, {**body, "ServerExternalAddresses": [nowhere]})
    assert nowhere in caught.value.message
    assert "connection refused" in caught.value.message
    left = await shown(provider, address, body)
    assert left.condition is Condition.INCOMPLETE
    await do(provider, Verb.CREATE, address, body, left)
    assert (await shown(provider, address, body)).condition is Condition.READY
    await removed(provider, address, body)


async def a_foreign_row(provider: ConsulProvider, trio: list[Agent]) -> None:
    theirs = (
        Address("peering", "dc3", "dc2"),
        {"Acceptor": "dc3", "Dialer": "dc2", "Names": {"dc3": "g", "dc2": "dc1-g"}},
    )
    await do(provider, Verb.CREATE, *theirs)
    address, body = pair("dc1", "dc2", tag="-g")
    taken = await shown(provider, address, body)
    assert taken.condition is Condition.CONFLICT
    assert "another cluster" in taken.why
    with pytest.raises(Conflict):
        await do(provider, Verb.CREATE, address, body, taken)
    assert (await shown(provider, *theirs)).condition is Condition.READY
    await removed(provider, *theirs)


LIVES = (a_mesh_of_three, half_made_terminated_and_replaced, left_of_a_failed_exchange, a_foreign_row)


async def test_lives_of_peerings(provider: ConsulProvider, trio: list[Agent]) -> None:
    """All at once: servers answer changes of peerings once in five seconds, however many there are."""
    async with asyncio.TaskGroup() as group:
        for life in LIVES:
            group.create_task(life(provider, trio), name=life.__name__)


# In an order in which each may be written; services of their own, so that kinds do not meet.
ENTRIES: list[tuple[str, dict[str, Any]]] = [
    (
        "mesh.dc1/mesh",
        {
            "TransparentProxy": {"MeshDestinationsOnly": True},
            "TLS": {"Incoming": {"TLSMinVersion": "TLSv1_2"}},
            "Meta": {"a": "b"},
        },
    ),
    (
        "proxy_defaults.dc1/global",
        {
            "Config": {"one": ["x"], "two": ["x", "y"], "deep": {"one": ["x"]}, "n": 0},
            "MeshGateway": {"Mode": "local"},
        },
    ),
    (
        "service_defaults.dc1/rt-a",
        {
            "protocol": "HTTP",
            "Meta": {"yes": True, "n": 1},
            "ExternalSNI": "",
            "UpstreamConfig": {
                "Defaults": {
                    "Protocol": "HTTP",
                    "ConnectTimeoutMs": 5,
                    "Limits": {"MaxConnections": 0, "MaxPendingRequests": 5},
                    "PassiveHealthCheck": {"Interval": "90s", "MaxFailures": 3, "EnforcingConsecutive5xx": 0},
                },
                "Overrides": [{"Name": "other", "ConnectTimeoutMs": 3, "MeshGateway": {"Mode": "remote"}}],
            },
        },
    ),
    (
        "service_defaults.dc1/rt-b",
        {
            "Protocol": "http",
            "BalanceInboundConnections": "exact_balance",
            "LocalRequestTimeoutMs": 10,
            "Expose": {
                "Paths": [{"Path": "/h", "LocalPathPort": 80, "ListenerPort": 81, "Protocol": "http"}]
            },
        },
    ),
    ("service_defaults.dc1/rt-c", {"Protocol": "http"}),
    (
        "service_resolver.dc1/rt-a",
        {
            "DefaultSubset": "v1",
            "ConnectTimeout": "90s",
            "RequestTimeout": "1500ms",
            "Subsets": {"v1": {}, "v2": {"Filter": 'Service.Meta.v == "2"', "OnlyPassing": True}},
            "Failover": {"v1": {"Targets": [{"Peer": "nobody"}]}, "*": {"Service": "rt-b"}},
            "LoadBalancer": {
                "Policy": "maglev",
                "HashPolicies": [{"Field": "cookie", "FieldValue": "c", "CookieConfig": {"TTL": "60s"}}],
            },
        },
    ),
    ("service_resolver.dc1/rt-away", {"Redirect": {"Service": "rt-b", "Peer": "nobody"}}),
    (
        "service_splitter.dc1/rt-a",
        {
            "Splits": [
                {"Weight": 33.333, "ServiceSubset": "v2"},
                {"Weight": 66.667, "Service": "rt-b", "RequestHeaders": {"Set": {"x": ""}, "Remove": ["y"]}},
            ]
        },
    ),
    (
        "service_router.dc1/rt-b",
        {
            "Routes": [
                {
                    "Match": {
                        "HTTP": {
                            "PathPrefix": "/a",
                            "Methods": ["get", "PUT"],
                            "Header": [{"Name": "x", "Exact": "1", "Invert": False}],
                            "QueryParam": [{"Name": "q", "Present": True}],
                        }
                    },
                    "Destination": {
                        "Service": "rt-c",
                        "RequestTimeout": "60s",
                        "IdleTimeout": "0s",
                        "NumRetries": 3,
                        "RetryOnStatusCodes": [503],
                    },
                }
            ]
        },
    ),
    (
        "service_intentions.dc1/rt-c",
        {
            "Sources": [
                {"Name": "web", "Action": "allow"},
                {"Name": "api", "Peer": "nobody", "Action": "deny"},
                {"Name": "*", "Action": "deny", "Description": "the rest"},
                {
                    "Name": "adm",
                    "Permissions": [
                        {
                            "Action": "allow",
                            "HTTP": {
                                "PathPrefix": "/",
                                "Methods": ["get"],
                                "Header": [{"Name": "x", "Present": True}],
                            },
                        }
                    ],
                },
            ]
        },
    ),
    (
        "exported_services.dc1/default",
        {
            "Services": [
                {"Name": "rt-c", "Consumers": [{"Peer": "z"}, {"Peer": "a"}]},
                {"Name": "rt-0", "Consumers": [{"peer_name": "q"}]},
            ]
        },
    ),
    ("config_entry.dc1/terminating-gateway/tg", {"Services": [{"Name": "rt-x"}]}),
]


async def test_no_kind_reads_back_different_from_what_was_written(provider: ConsulProvider) -> None:
    made: list[Address] = []
    try:
        for text, body in ENTRIES:
            address = Address.parse(text)
            rule = KINDS[address.type].rule
            wanted = canonical(rule, body, declared=True)
            await do(provider, Verb.CREATE, address, wanted)
            made.append(address)
            found = await shown(provider, address)
            live = canonical(rule, found.body, declared=False)
            assert merge(rule, wanted, wanted, live).target == live, text
            # Written again it moves nothing: what the rules call equal is equal to Consul, too.
            await do(provider, Verb.UPDATE, address, merge(rule, wanted, wanted, live).target, found)
            again = canonical(rule, (await shown(provider, address)).body, declared=False)
            assert again == live, text
    finally:
        for address in reversed(made):
            await removed(provider, address)


async def test_a_change_by_hand_is_seen_and_guarded(provider: ConsulProvider, trio: list[Agent]) -> None:
    address = Address("service_intentions", "dc1", "by-hand")
    await do(provider, Verb.CREATE, address, {"Sources": [{"Name": "web", "Action": "allow"}]})
    planned = await shown(provider, address)
    entry = {
        "Kind": "service-intentions",
        "Name": "by-hand",
        "Sources": [{"Name": "intruder", "Action": "allow"}],
    }
    trio[0].call("PUT", "/v1/config", entry)
    with pytest.raises(Conflict, match="changed after it was read"):
        await do(provider, Verb.UPDATE, address, {"Sources": [{"Name": "web", "Action": "deny"}]}, planned)
    with pytest.raises(Conflict):
        await do(provider, Verb.DELETE, address, None, planned)
    with pytest.raises(Conflict):
        await do(provider, Verb.CREATE, address, {"Sources": [{"Name": "web", "Action": "deny"}]})
    assert (await shown(provider, address)).body["Sources"][0]["Name"] == "intruder"
    await removed(provider, address)


REFUSED = [
    ("service_splitter.dc1/no", {"Splits": [{"Weight": 100}]}, DoesNotFit),
    ("service_splitter.dc1/no", {"Splits": [{"Weight": 50}]}, Invalid),
    ("service_splitter.dc1/no", {"Splits": [{"Weight": 100, "Peer": "x"}]}, Invalid),
    ("service_intentions.dc1/no", {"Sources": []}, Invalid),
    ("service_intentions.dc1/no", {"Sources": [{"Name": "a"}]}, Invalid),
    ("service_intentions.dc1/no", {"Sources": [{"Name": "a", "Peer": "*", "Action": "allow"}]}, Invalid),
    ("service_intentions.dc1/no", {"Sources": [{"Name": "a", "Action": "allow"}] * 2}, Invalid),
    ("service_resolver.dc1/no", {"Redirect": {}, "DefaultSubset": "x"}, Invalid),
    ("service_resolver.dc1/no", {"ConnectTimeout": "5"}, Invalid),
    ("exported_services.dc1/default", {"Services": [{"Name": "a", "Consumers": [{"Peer": "*"}]}]}, Invalid),
    ("config_entry.dc1/no-such-kind/x", {}, NotSupported),
]


@pytest.mark.parametrize(("text", "body", "kind"), REFUSED)
async def test_what_the_server_refuses_is_final_and_made_nothing(
    provider: ConsulProvider, text: str, body: dict[str, Any], kind: type[Exception]
) -> None:
    before = provider.requests
    with pytest.raises((Invalid, NotSupported)) as caught:
        await do(provider, Verb.CREATE, Address.parse(text), body)
    assert type(caught.value) is kind, caught.value.message
    assert provider.requests - before <= 3, "recognised at once: not sent again"


async def test_what_a_token_may_not_see_is_unknown(guarded: list[Agent]) -> None:
    policy = {"Name": "narrow", "Rules": 'service "seen" { policy = "write" intentions = "write" }'}
    guarded[0].call("PUT", "/v1/acl/policy", policy)
    made: Any = guarded[0].call("PUT", "/v1/acl/token", {"Policies": [{"Name": "narrow"}]})
    narrow, boss = provider_for(guarded[:1], made["SecretID"]), provider_for(guarded[:1], MANAGEMENT)
    nobody = provider_for(guarded[:1])
    allow = {"Sources": [{"Name": "web", "Action": "allow"}]}
    hidden, seen = (Address("service_intentions", "dc1", name) for name in ("hidden", "seen"))
    await do(boss, Verb.CREATE, hidden, allow)
    await do(narrow, Verb.CREATE, seen, allow)
    for anyone in (narrow, nobody):
        found = await see(anyone, hidden)
        assert isinstance(found, Unknown)
        assert isinstance(found.error, Denied)
    await shown(narrow, seen)
    with pytest.raises(Denied) as caught:
        await do(narrow, Verb.CREATE, Address("service_intentions", "dc1", "else"), allow)
    assert 'service "else" { policy = "read"  intentions = "write" }' in caught.value.hint
    whole, partly = await boss.read([]), await narrow.read([])
    assert whole.clusters["dc1"].identity == partly.clusters["dc1"].identity  # type: ignore[union-attr]
    with pytest.raises(Denied, match="peering:write") as caught:
        await narrow._apis["dc1"].generate_token("x", {}, [])
    assert 'peering = "write"' in caught.value.hint
    for used in (narrow, boss, nobody):
        await used.close()
