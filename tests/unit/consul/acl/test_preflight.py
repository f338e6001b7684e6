"""Asking what tokens may do: in batches, within bounds, and never in the way."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from reconciler.sdk.address import Address
from reconciler.sdk.permissions import Missing, Preflights
from reconciler.sdk.provider import ClusterConfig, Present, Settings, Step, Verb
from reconciler.sdk.secrets.secret import Secret
from reconciler_consul import ConsulProvider
from reconciler_consul.acl.preflight import MOST

AGENT = {"Config": {"Version": "1.20.0", "Datacenter": "dc1", "PrimaryDatacenter": "dc1"}}


class Consul(httpx.AsyncBaseTransport):
    """Allows what `allowed` says; counts the questions."""

    def __init__(self, *, primary: str = "dc1", status: int = 200, allow: bool = False) -> None:
        self.asked: list[dict[str, Any]] = []
        self.queries: list[str] = []
        self.primary, self.status, self.allow = primary, status, allow

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/agent/self":
            config = {**AGENT["Config"], "PrimaryDatacenter": self.primary}
            return httpx.Response(200, json={"Config": config})
        if request.url.path != "/v1/internal/acl/authorize":
            return httpx.Response(200, json={"TrustDomain": "x"})
        questions = json.loads(request.content)
        self.asked += questions
        self.queries.append(request.url.query.decode())
        return httpx.Response(self.status, json=[{**question, "Allow": self.allow} for question in questions])


def provider(consul: Consul, *, token: str | None = "t", partition: str = "") -> ConsulProvider:
    secret = Secret(token) if token else None
    cluster = ClusterConfig("dc1", "http://127.0.0.1:8500", secret, partition=partition or None)
    return ConsulProvider({"dc1": cluster}, Settings(transports={"dc1": consul}))


def create(*addresses: str) -> list[Step]:
    return [Step(Verb.CREATE, Address.parse(address), None, {}) for address in addresses]


def test_the_provider_can_be_asked() -> None:
    assert isinstance(provider(Consul()), Preflights)


async def test_what_is_denied_is_named_by_address_and_cluster() -> None:
    found = await provider(Consul()).missing(create("mesh.dc1/mesh", "service_intentions.dc1/api"))

    assert found == {
        Address("mesh", "dc1", "mesh"): (Missing("dc1", 'mesh = "write"'),),
        Address("service_intentions", "dc1", "api"): (
            Missing("dc1", 'service "api" { policy = "read"  intentions = "write" }'),
        ),
    }


async def test_each_permission_is_asked_about_once_64_at_a_time() -> None:
    consul = Consul(allow=True)
    names = [f"service_defaults.dc1/s{number}" for number in range(100)]

    assert await provider(consul).missing(create(*names, *names)) == {}
    assert len(consul.asked) == 100
    assert len(consul.queries) == 2


async def test_a_very_large_plan_is_asked_about_in_part_what_has_no_name_first() -> None:
    consul = Consul()
    names = [f"service_defaults.dc1/s{number}" for number in range(3000)]

    found = await provider(consul).missing(create(*names, "mesh.dc1/mesh"))

    assert len(consul.queries) == MOST
    assert Address("mesh", "dc1", "mesh") in found
    assert len(found) == MOST * 64


async def test_in_a_federation_permissions_for_entries_are_asked_in_the_primary() -> None:
    consul = Consul(primary="main")

    await provider(consul).missing(create("peering.dc1/dc2", "mesh.dc1/mesh"))

    assert sorted(consul.queries) == ["", "dc=main"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
async def test_no_answer_is_no_obstacle(status: int) -> None:
    assert await provider(Consul(status=status)).missing(create("mesh.dc1/mesh")) == {}


async def test_an_answer_to_other_questions_is_no_answer() -> None:
    consul = Consul()

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("authorize"):
            return httpx.Response(200, json=[{"Resource": "acl", "Access": "write", "Allow": False}])
        return httpx.Response(200, json=AGENT)

    consul.handle_async_request = handle  # type: ignore[method-assign]

    assert await provider(consul).missing(create("mesh.dc1/mesh")) == {}


async def test_without_a_token_and_in_partitions_nothing_is_asked() -> None:
    consul = Consul()

    await provider(consul, token=None).missing(create("mesh.dc1/mesh"))
    await provider(consul).missing(create("mesh.dc1:team/mesh"))
    await provider(consul, partition="team").missing(create("mesh.dc1/mesh"))
    assert consul.asked == []

    await provider(consul).missing(create("mesh.dc1/mesh"))
    assert consul.asked != []


async def test_removing_takes_no_reading_of_what_was_referred_to() -> None:
    consul = Consul(allow=True)
    body = {"Redirect": {"Service": "b"}}
    address = Address("service_resolver", "dc1", "a")

    await provider(consul).missing([Step(Verb.DELETE, address, Present(body, 3), None, 3)])
    assert [(q["Access"], q["Segment"]) for q in consul.asked] == [("write", "a")]

    await provider(consul).missing([Step(Verb.UPDATE, address, Present(body, 3), body, 3)])
    assert ("read", "b") in [(q["Access"], q["Segment"]) for q in consul.asked]


async def test_of_an_object_with_two_steps_what_either_takes_is_asked() -> None:
    where = Address.parse("service_splitter.dc1/web")
    bodies = [{"Splits": [{"Weight": 100, "Service": name}]} for name in ("old", "new")]

    found = await provider(Consul()).missing([Step(Verb.UPDATE, where, None, body) for body in bodies])

    rules = "\n".join(item.rule for item in found[where])
    assert all(name in rules for name in ('"web"', '"old"', '"new"'))
