"""ACL policies through the provider: made, read with their rules, changed where unchanged, removed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from reconciler.emulator import ClusterSpec, World
from reconciler.emulator.serve.options import MANAGEMENT_TOKEN
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.engine.bodies.canonical import canonical
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Ambiguous, Conflict, Invalid, NotSupported
from reconciler.sdk.provider import ClusterConfig, Present, Settings, Step, Unknown, Verb, Wanted
from reconciler.sdk.secrets.secret import Secret
from reconciler_consul import ConsulProvider
from reconciler_consul.kinds.acl_policy import ACL_POLICY
from tests.support.provider_lab import quiet

APP = Address("acl_policy", "dc1", "app")
BODY: dict[str, Any] = {"Rules": {'service "app"': {"policy": "write"}}, "Description": "of the app"}


class Transport(SandboxTransport):
    """The sandbox; `lose` answers of writes get lost after they were carried out."""

    lose = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if request.method == "PUT" and self.lose:
            self.lose -= 1
            raise httpx.ReadError("connection reset")
        return answer


class PolicyLab:
    def __init__(self, *, acl: bool = True, version: str = "1.20") -> None:
        self.world = World([ClusterSpec("dc1", acl=acl, version=version)], lambda: 100.0, delays=False)
        self.transport = Transport(self.world)
        cluster = ClusterConfig("dc1", self.world.url("dc1"), Secret(MANAGEMENT_TOKEN))
        self.provider = ConsulProvider({"dc1": cluster}, Settings(transports={"dc1": self.transport}))

    async def see(self, address: Address = APP) -> Any:
        return (await self.provider.read([Wanted(address)])).objects[address]

    async def do(self, verb: Verb, body: dict[str, Any] | None, before: Present | None = None) -> Any:
        version = before.version if before else None
        return await self.provider.perform(Step(verb, APP, before, body, version), quiet)

    async def made(self) -> Present:
        await self.do(Verb.CREATE, BODY)
        seen = await self.see()
        assert isinstance(seen, Present)
        return seen


@pytest.fixture
async def lab() -> AsyncIterator[PolicyLab]:
    lab = PolicyLab()
    yield lab
    await lab.provider.close()


async def test_what_was_made_reads_back_as_it_was_declared(lab: PolicyLab) -> None:
    seen = await lab.made()

    assert canonical(ACL_POLICY.rule, seen.body, declared=False) == BODY
    assert seen.remote_ids["id"] == seen.body["ID"]


async def test_an_absent_policy_is_absent_and_costs_one_request(lab: PolicyLab) -> None:
    await lab.made()
    before = lab.provider.requests

    assert await lab.see(Address("acl_policy", "dc1", "other")) is None
    assert lab.provider.requests - before == 1


async def test_only_wanted_policies_are_read_one_by_one(lab: PolicyLab) -> None:
    await lab.made()
    before = lab.provider.requests

    await lab.see()

    assert lab.provider.requests - before == 2


async def test_a_policy_is_changed_under_its_id_and_removed(lab: PolicyLab) -> None:
    seen = await lab.made()
    await lab.do(Verb.UPDATE, {"Rules": {"operator": "read"}}, seen)
    after = await lab.see()

    assert after.remote_ids == seen.remote_ids
    assert after.body["Rules"] == 'operator = "read"\n'
    await lab.do(Verb.DELETE, None, after)
    assert await lab.see() is None


@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.DELETE])
async def test_what_was_changed_meanwhile_is_left_alone(lab: PolicyLab, verb: Verb) -> None:
    seen = await lab.made()
    await lab.do(Verb.UPDATE, {"Rules": {"operator": "read"}}, seen)

    with pytest.raises(Conflict, match="was changed after it was read"):
        await lab.do(verb, None if verb is Verb.DELETE else BODY, seen)

    assert (await lab.see()).body["Rules"] == 'operator = "read"\n'


@pytest.mark.parametrize("version", ["1.14", "1.20"])
async def test_what_was_removed_meanwhile_is_reported(version: str) -> None:
    lab = PolicyLab(version=version)
    seen = await lab.made()
    await lab.do(Verb.DELETE, None, seen)

    with pytest.raises(Conflict, match="was deleted after it was read"):
        await lab.do(Verb.UPDATE, BODY, seen)


async def test_a_lost_answer_to_a_creation_is_settled_by_a_look(lab: PolicyLab) -> None:
    lab.transport.lose = 1

    applied = await lab.do(Verb.CREATE, BODY)

    assert applied.remote_ids["id"] == (await lab.see()).remote_ids["id"]


async def test_a_lost_answer_beside_a_foreign_policy_is_not_taken_for_ours(lab: PolicyLab) -> None:
    await lab.made()
    script = Foreign(lab)

    with pytest.raises(Ambiguous):
        await script.create({"Rules": {"operator": "write"}})


class Foreign:
    """Creates where each PUT is lost before it is carried out."""

    def __init__(self, lab: PolicyLab) -> None:
        self.lab = lab
        real = lab.transport.handle_async_request

        async def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                raise httpx.ReadError("connection reset")
            return await real(request)

        lab.transport.handle_async_request = handle  # type: ignore[method-assign]

    async def create(self, body: dict[str, Any]) -> None:
        await self.lab.do(Verb.CREATE, body)


async def test_rules_that_consul_does_not_read_are_refused_for_good(lab: PolicyLab) -> None:
    with pytest.raises(Invalid) as refused:
        await lab.do(Verb.CREATE, {"Rules": 'service "a" {'})

    assert "the rules of the policy" in refused.value.hint


async def test_without_acls_it_is_said_which_cluster_has_none() -> None:
    lab = PolicyLab(acl=False)

    seen = await lab.see()

    assert isinstance(seen, Unknown)
    assert isinstance(seen.error, NotSupported)
    assert seen.error.message.startswith("dc1 (")
    assert "runs without ACLs" in seen.error.message


async def test_an_answer_without_policies_is_unknown_not_absence(lab: PolicyLab) -> None:
    real = lab.transport.handle_async_request

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/acl/policies":
            return httpx.Response(200, json={"odd": 1})
        return await real(request)

    lab.transport.handle_async_request = handle  # type: ignore[method-assign]

    assert isinstance(await lab.see(), Unknown)


def test_the_rules_of_the_kind_are_exact_and_compare_by_meaning() -> None:
    rule = ACL_POLICY.rule
    one = canonical(rule, {"Rules": 'operator = "read" # x', "Datacenters": ["b", "a"]}, declared=True)
    other = canonical(
        rule,
        {"ID": "1", "Name": "app", "Rules": json.dumps({"operator": "read"}), "Datacenters": ["a", "b"]},
        declared=False,
    )

    assert one == other


async def test_a_policy_of_another_spelling_is_found_and_keeps_its_own() -> None:
    lab = PolicyLab()
    await lab.made()
    ops = Address("acl_policy", "dc1", "APP")

    seen = await lab.see(ops)

    assert isinstance(seen, Present)
    assert seen.remarks == ('it exists as "app": Consul holds one object under all spellings of a name',)
    body = {**BODY, "Description": "changed"}
    await lab.provider.perform(Step(Verb.UPDATE, ops, seen, body, seen.version), quiet)
    now = await lab.see()
    assert (now.body["Name"], now.body["Description"]) == ("app", "changed")
    await lab.provider.perform(Step(Verb.DELETE, ops, now, None, now.version), quiet)
    assert await lab.see() is None
