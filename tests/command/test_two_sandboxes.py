"""Clusters of different sandboxes peer with each other: tokens, streams, exports, endings, outages."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.emulator import SandboxOptions, World
from reconciler.emulator.serve.server import running_world
from tests.support.patience import eventually, wait_for

Json = Any


class Pair:
    """Two worlds behind sockets, each with one cluster: `east` accepts, `west` dials."""

    def __init__(self, east: World, west: World, client: httpx.AsyncClient) -> None:
        self.worlds = {"east": east, "west": west}
        self.client = client

    async def ask(self, cluster: str, method: str, path: str, body: Json = None) -> httpx.Response:
        return await self.client.request(method, f"{self.worlds[cluster].url(cluster)}{path}", json=body)

    async def get(self, cluster: str, path: str) -> Json:
        return (await self.ask(cluster, "GET", path)).json()

    async def state(self, cluster: str) -> str:
        reply = await self.ask(cluster, "GET", f"/v1/peering/{other(cluster)}")
        return str(reply.json()["State"]) if reply.status_code == 200 else "absent"

    async def until(self, holds: Callable[[], Any]) -> None:
        await eventually(holds)

    async def until_states(self, east: str, west: str) -> None:
        async def so() -> bool:
            return (await self.state("east"), await self.state("west")) == (east, west)

        await self.until(so)

    async def token(self) -> str:
        reply = await self.ask("east", "POST", "/v1/peering/token", {"PeerName": "west"})
        return str(reply.json()["PeeringToken"])

    async def establish(self, token: str) -> httpx.Response:
        body = {"PeerName": "east", "PeeringToken": token}
        return await self.ask("west", "POST", "/v1/peering/establish", body)

    async def peer(self) -> None:
        reply = await self.establish(await self.token())
        assert (reply.status_code, reply.json()) == (200, {})
        await self.until_states("ACTIVE", "ACTIVE")


def other(cluster: str) -> str:
    return "west" if cluster == "east" else "east"


@contextlib.asynccontextmanager
async def paired(versions: tuple[str, str] = ("1.20", "1.20")) -> AsyncIterator[Pair]:
    east = SandboxOptions(clusters=("east",), version=versions[0], delays=False)
    west = SandboxOptions(clusters=("west",), version=versions[1], delays=False)
    async with (
        running_world(east) as one,
        running_world(west) as two,
        httpx.AsyncClient(timeout=60) as client,
    ):
        yield Pair(one, two, client)


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with paired() as made:
        yield made


@pytest.mark.parametrize("versions", [("1.20", "1.20"), ("1.14", "1.22"), ("1.13", "1.13")])
async def test_a_token_of_one_sandbox_is_established_by_another(versions: tuple[str, str]) -> None:
    async with paired(versions) as pair:
        await pair.peer()
        row = await pair.get("east", "/v1/peering/west")
        assert row["Name"] == "west"
        if versions[0] != "1.13":
            assert row["Remote"]["Datacenter"] == "west"


async def test_a_token_is_spent_once(pair: Pair) -> None:
    token = await pair.token()
    assert (await pair.establish(token)).status_code == 200
    again = await pair.establish(token)
    assert again.status_code == 403
    assert "invalid peering establishment secret" in again.text
    await pair.until_states("ACTIVE", "ACTIVE")


async def test_exports_and_instances_are_seen_from_the_other_sandbox(pair: Pair) -> None:
    await pair.peer()
    service = {"Service": {"Service": "api", "ID": "api-1", "Port": 8080, "Tags": ["v1"]}}
    await pair.ask("east", "PUT", "/v1/catalog/register", {"Node": "n1", "Address": "10.0.0.1", **service})
    exports = {"Kind": "exported-services", "Name": "default"}
    exports["Services"] = [{"Name": "api", "Consumers": [{"Peer": "west"}]}]  # type: ignore[assignment]
    assert (await pair.ask("east", "PUT", "/v1/config", exports)).text == "true"

    async def instances() -> Json:
        return await pair.get("west", "/v1/health/service/api?peer=east")

    await pair.until(instances)
    found = (await instances())[0]
    assert (found["Node"]["Address"], found["Service"]["Port"], found["Service"]["PeerName"]) == (
        "10.0.0.1",
        8080,
        "east",
    )
    row = await pair.get("west", "/v1/peering/east")
    assert row["StreamStatus"]["ImportedServices"] == ["api"]
    assert (await pair.get("east", "/v1/peering/west"))["StreamStatus"]["ExportedServices"] == ["api"]
    await pair.ask("east", "DELETE", "/v1/config/exported-services/default")

    async def gone() -> bool:
        return not await instances()

    await pair.until(gone)


async def test_a_mesh_service_is_seen_behind_the_gateways_of_the_other_sandbox(pair: Pair) -> None:
    await pair.peer()
    gateway = {"Kind": "mesh-gateway", "Service": "gateway", "ID": "gateway-1", "Port": 8443}
    api = {"Service": "api", "ID": "api-1", "Port": 8080}
    proxy = {
        "Kind": "connect-proxy",
        "Service": "api-sidecar-proxy",
        "ID": "api-1-sidecar-proxy",
        "Port": 20000,
        "Proxy": {"DestinationServiceName": "api"},
    }
    for service in (gateway, api, proxy):
        node = {"Node": "n1", "Address": "10.0.0.1", "Service": service}
        assert (await pair.ask("east", "PUT", "/v1/catalog/register", node)).text == "true"
    for entry in (
        {"Kind": "service-defaults", "Name": "api", "Protocol": "http"},
        {
            "Kind": "service-intentions",
            "Name": "api",
            "Sources": [{"Name": "web", "Peer": "west", "Action": "allow"}],
        },
        {
            "Kind": "exported-services",
            "Name": "default",
            "Services": [{"Name": "api", "Consumers": [{"Peer": "west"}]}],
        },
    ):
        assert (await pair.ask("east", "PUT", "/v1/config", entry)).text == "true"

    async def proxies() -> Json:
        return await pair.get("west", "/v1/health/connect/api?peer=east")

    await pair.until(proxies)
    meta = (await proxies())[0]["Service"]["Connect"]["PeerMeta"]
    domain = pair.worlds["east"].clusters["east"].trust_domain
    assert meta["SNI"] == [f"api.default.default.west.external.{domain}"]
    assert meta["Protocol"] == "http"
    assert await pair.state("west") == "ACTIVE"


@pytest.mark.parametrize("first", ["east", "west"])
async def test_a_deletion_terminates_the_other_end(pair: Pair, first: str) -> None:
    await pair.peer()
    await pair.ask(first, "DELETE", f"/v1/peering/{other(first)}")
    await pair.until_states(*(("absent", "TERMINATED") if first == "east" else ("TERMINATED", "absent")))
    await pair.ask(other(first), "DELETE", f"/v1/peering/{first}")
    await pair.until_states("absent", "absent")
    await pair.peer()


@pytest.mark.parametrize("down", ["east", "west"])
async def test_an_end_that_is_down_is_seen_and_comes_back(pair: Pair, down: str) -> None:
    await pair.peer()
    pair.worlds[down].down(down)

    async def failing() -> bool:
        return await pair.state(other(down)) == "FAILING"

    await pair.until(failing)
    pair.worlds[down].up(down)
    await pair.until_states("ACTIVE", "ACTIVE")


async def test_a_link_is_renewed_while_it_is_up(pair: Pair) -> None:
    await pair.peer()
    assert (await pair.establish(await pair.token())).status_code == 200
    await pair.until_states("ACTIVE", "ACTIVE")
    pair.worlds["east"].down("east")
    pair.worlds["east"].up("east")
    await pair.until_states("ACTIVE", "ACTIVE")


async def test_a_sandbox_that_went_away_is_failing_and_its_tokens_reach_nobody() -> None:
    west = SandboxOptions(clusters=("west",), delays=False)
    async with httpx.AsyncClient(timeout=60) as client, running_world(west) as two:
        async with running_world(SandboxOptions(clusters=("east",), delays=False)) as one:
            pair = Pair(one, two, client)
            await pair.peer()
            token = await pair.token()

        async def failing() -> bool:
            return await pair.state("west") == "FAILING"

        await pair.until(failing)
        refused = await pair.client.post(
            f"{two.url('west')}/v1/peering/establish", json={"PeerName": "late", "PeeringToken": token}
        )
        assert refused.status_code == 503
        assert "connection refused" in refused.text


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The address of `east` in a process of its own."""
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "reconciler", "sandbox", "--clusters", "east", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(ready.exists, "the sandbox never came up")
        yield str(json.loads(ready.read_text())["east"])
    finally:
        process.kill()
        process.wait()


async def test_two_processes_peer(elsewhere: str) -> None:
    west = SandboxOptions(clusters=("west",))
    async with running_world(west) as world, httpx.AsyncClient(timeout=60) as client:
        made = await client.post(f"{elsewhere}/v1/peering/token", json={"PeerName": "west"})
        body = {"PeerName": "east", "PeeringToken": made.json()["PeeringToken"]}
        established = await client.post(f"{world.url('west')}/v1/peering/establish", json=body)
        assert established.json() == {}
        rows = [f"{elsewhere}/v1/peering/west", f"{world.url('west')}/v1/peering/east"]

        async def are_up() -> bool:
            return {(await client.get(row)).json()["State"] for row in rows} == {"ACTIVE"}

        await eventually(are_up)
