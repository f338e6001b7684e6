"""What a provider looks at before it can say what servers would say to a plan's writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.foresight import Foresees, Standing, Write
from reconciler.sdk.provider import Body, ClusterConfig, Settings, Verb, Wanted
from reconciler_consul import ConsulProvider
from tests.support.provider_lab import PAIR, PAIR_BODY, ProviderLab, Script
from tests.unit.consul.graph.support import at, gone, write
from tests.unit.consul.graph.test_access import ALLOW, HTTP, RULES, exports, intentions, resolver

SPLIT = {
    "Kind": "service-splitter",
    "Name": "web",
    "Splits": [{"Weight": 50}, {"Weight": 50, "Service": "redis"}],
}
TCP = write({"Kind": "service-defaults", "Name": "redis", "Protocol": "tcp"})


class Asked:
    """A lab whose requests for lists are counted."""

    def __init__(self, version: str = "1.20.0", partition: str | None = None) -> None:
        self.lab = ProviderLab("dc1", "dc2", version=version, partition=partition)

    async def have(self, *entries: dict[str, Any]) -> None:
        for entry in entries:
            asked = write(entry)
            await self.lab.do(Verb.CREATE, asked.address, asked.body)

    async def foresee(self, *writes: Write, live: dict[Address, Body] | None = None) -> Standing | None:
        self.lab.world.requests.clear()
        return await self.lab.provider.foresee(live or {}, writes)

    @property
    def lists(self) -> list[str]:
        return sorted(
            f"{cluster}/{path.removeprefix('/v1/config/')}"
            for cluster, _, path in self.lab.sent("GET")
            if path.startswith("/v1/config/")
        )


def test_the_provider_foresees() -> None:
    assert isinstance(ProviderLab("dc1").provider, Foresees)


@pytest.mark.parametrize(
    "writes",
    [
        [write(intentions({"Name": "web", **ALLOW}))],
        [gone("service-intentions", "api")],
        [gone("exported-services")],
        [Write(PAIR, PAIR_BODY)],
        [write({"Kind": "mesh", "AllowEnablingPermissiveMutualTLS": True})],
        [Write(Address("acl_policy", "dc1", "ops"), {"Rules": ""})],
    ],
    ids=["intentions", "no intentions", "no exports", "peering", "mesh", "policy"],
)
async def test_writes_that_nothing_bears_on_cost_no_request(writes: Sequence[Write]) -> None:
    asked = Asked()
    assert await asked.foresee(*writes) is None
    assert not asked.lab.world.requests


async def test_what_others_made_is_looked_at_where_a_write_is_judged_by_it() -> None:
    asked = Asked()
    await asked.have(*HTTP, SPLIT)
    standing = await asked.foresee(TCP)
    assert standing is not None
    assert "inconsistent protocols" in standing.judge(TCP).refused
    assert at("service-splitter", "web") in standing.judge(TCP).reads
    assert standing.judge(TCP).sure
    assert {name.partition("/")[0] for name in asked.lists} == {"dc1"}


async def test_lists_that_were_read_are_not_asked_for_again() -> None:
    asked = Asked()
    await asked.have(*HTTP, SPLIT)
    await asked.lab.provider.read([Wanted(at("service-splitter", "x")), Wanted(at("service-defaults", "x"))])
    standing = await asked.foresee(TCP)
    assert "dc1/service-splitter" not in asked.lists
    assert "dc1/service-defaults" not in asked.lists
    assert "dc1/service-router" in asked.lists
    assert standing is not None
    assert standing.judge(TCP).refused


async def test_what_the_plan_has_seen_counts_more_than_a_list() -> None:
    asked = Asked()
    await asked.have(*HTTP, SPLIT)
    here = write({**SPLIT, "Splits": [{"Weight": 100}]})
    assert here.body is not None
    standing = await asked.foresee(TCP, live={here.address: here.body})
    assert standing is not None
    assert standing.body(here.address) == here.body
    assert not standing.judge(TCP).refused


async def test_rules_of_layer_7_and_tokens_need_the_chain_and_the_provider() -> None:
    asked = Asked()
    jwt = {"JWT": {"Providers": [{"Name": "okta"}]}}
    rules = write(intentions({"Name": "web", **RULES}))
    standing = await asked.foresee(rules)
    assert standing is not None
    assert "incompatible with L7" in standing.judge(rules).refused
    assert "dc1/jwt-provider" not in asked.lists
    token = write(intentions({"Name": "web", **ALLOW}, **jwt))
    standing = await asked.foresee(token)
    assert asked.lists == ["dc1/jwt-provider"]
    assert standing is not None
    assert "Provider Name: okta" in standing.judge(token).refused


async def test_kinds_that_a_version_does_not_have_are_not_unknown() -> None:
    asked = Asked("1.14.11")
    token = write(intentions({"Name": "web", **ALLOW}, JWT={"Providers": [{"Name": "okta"}]}))
    standing = await asked.foresee(token)
    assert standing is not None
    assert standing.judge(token).sure


async def test_a_list_that_is_cut_or_fails_leaves_nobody_sure() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/agent/self":
            return httpx.Response(200, json={"Config": {"Version": "1.20.0", "Datacenter": "dc1"}})
        if request.url.path == "/v1/connect/ca/roots":
            return httpx.Response(200, json={"TrustDomain": "x.consul"})
        if request.url.path.endswith("service-router"):
            return httpx.Response(200, json=[], headers={"x-consul-results-filtered-by-acls": "true"})
        return httpx.Response(200, json=[])

    provider = ConsulProvider(
        {"dc1": ClusterConfig("dc1", "http://127.0.0.1:8500")}, Settings(transports={"dc1": Script(cut)})
    )
    standing = await provider.foresee({}, [TCP])
    assert standing is not None
    assert not standing.judge(TCP).sure


async def test_exports_and_intentions_of_one_cluster_are_seen_together() -> None:
    asked = Asked()
    opening, closing = (
        write(exports(api=["dc2"])),
        write(intentions({"Name": "web", "Peer": "dc2", "Action": "deny"})),
    )
    standing = await asked.foresee(opening, closing)
    assert standing is not None
    assert standing.access(opening).opens
    assert standing.access(closing).closes == standing.access(opening).opens


async def test_a_new_peering_is_judged_with_foreign_exports_to_its_name() -> None:
    asked = Asked()
    await asked.have(exports(api=["to-dc2"]))
    made, guard = (
        Write(PAIR, PAIR_BODY),
        write(intentions({"Name": "web", "Peer": "to-dc2", "Action": "deny"})),
    )
    standing = await asked.foresee(made, guard)
    assert standing is not None
    assert {reach.service for reach in standing.access(made).opens} == {"api"}


async def test_foreign_entries_in_the_own_partition_can_name_the_default_one() -> None:
    """A redirect to the service of that name in `default` is another chain than one to itself."""
    asked = Asked("1.20+ent", "team")
    elsewhere: dict[str, Any] = {
        "Kind": "service-resolver",
        "Name": "api",
        "Redirect": {"Service": "api", "Partition": "default"},
    }
    address = at("service-resolver", "api", "dc1", "team")
    await asked.lab.do(Verb.CREATE, address, {"Redirect": elsewhere["Redirect"]})
    made = Write(PAIR, PAIR_BODY)
    guard = Write(
        at("service-intentions", "api", "dc1", "team"), {"Sources": [{"Name": "w", "Peer": "to-dc2"}]}
    )
    standing = await asked.foresee(made, guard)
    assert standing is not None
    assert standing.body(address) == {"Redirect": elsewhere["Redirect"]}


async def test_one_list_is_asked_for_once_whether_the_partition_is_shown_or_not() -> None:
    asked = Asked("1.20+ent", "team")
    resolved = Write(at("service-resolver", "api", "dc1", "team"), {"Redirect": {"Service": "b"}})
    guard = Write(
        at("service-intentions", "api", "dc1", "team"), {"Sources": [{"Name": "w", "Peer": "to-dc2"}]}
    )
    await asked.foresee(Write(PAIR, PAIR_BODY), guard, resolved)
    assert len(asked.lists) == len(set(asked.lists))


async def test_peerings_that_swap_names_wait_for_each_other() -> None:
    lab = ProviderLab("dc1", "dc2", "dc3")
    other = Address("peering", "dc1", "dc3")

    def named(first: str) -> Body:
        return {**PAIR_BODY, "Names": {"dc1": first, "dc2": "one"}}

    def third(first: str) -> Body:
        return {"Acceptor": "dc1", "Dialer": "dc3", "Names": {"dc1": first, "dc3": "one"}}

    live = {PAIR: named("x"), other: third("Y")}
    standing = await lab.provider.foresee(live, [Write(PAIR, named("y")), Write(other, third("x"))])
    assert standing is not None
    verdict = standing.judge(Write(PAIR, named("y")))
    assert verdict.refused == 'the name "y" on dc1 is that of peering.dc1/dc3'
    assert verdict.reads == {other}
    standing.put(Write(other, None))
    assert not standing.judge(Write(PAIR, named("y"))).refused


async def test_a_list_is_read_again_after_a_write() -> None:
    asked = Asked()
    await asked.have(*HTTP)
    await asked.lab.provider.read([Wanted(at("service-resolver", "x"))])
    await asked.have(resolver(Redirect={"Service": "redis"}))
    standing = await asked.foresee(TCP)
    assert standing is not None
    assert "inconsistent protocols" in standing.judge(TCP).refused
