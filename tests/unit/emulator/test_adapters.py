"""The two doors: httpx in process, and real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import httpx
import pytest

from reconciler.emulator import ClusterSpec, Request, Response, SandboxOptions, World, parse_version
from reconciler.emulator.serve.server import running, running_world, serve
from reconciler.emulator.serve.transport import SandboxTransport
from tests.support.patience import LIMIT, eventually
from tests.support.virtual import Clock


@pytest.fixture
def world(clock: Clock) -> World:
    """Two clusters in virtual time."""
    return World([ClusterSpec("dc1"), ClusterSpec("dc2")], clock, delays=False)


async def test_the_transport_serves_each_cluster_at_its_url(world: World) -> None:
    async with httpx.AsyncClient(transport=SandboxTransport(world)) as client:
        for name in ("dc1", "dc2"):
            told = (await client.get(f"{world.url(name)}/v1/agent/self")).json()
            assert told["Config"]["Datacenter"] == name
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:9/v1/agent/self")


async def test_the_transport_breaks_connections_as_ordered(world: World) -> None:
    async with httpx.AsyncClient(transport=SandboxTransport(world), timeout=LIMIT) as client:
        url = f"{world.url('dc1')}/v1/status/leader"
        for effect, error in (
            ("lost", httpx.ReadError),
            ("refused", httpx.ConnectError),
            ("hangs", httpx.ReadTimeout),
        ):
            world.faults.add(effect)
            with pytest.raises(error):
                await client.get(url)
        assert (await client.get(url)).status_code == 200


async def test_a_blocked_query_wakes_in_process(world: World, clock: Clock) -> None:
    """The write wakes it, not the end of its wait: the clock stays far from that."""
    async with httpx.AsyncClient(transport=SandboxTransport(world)) as client:
        url = f"{world.url('dc1')}/v1/config/service-defaults"
        index = (await client.get(url)).headers["x-consul-index"]
        began = clock()
        waiting = asyncio.create_task(client.get(url, params={"index": index, "wait": "300s"}))
        await asyncio.sleep(100.0)
        assert not waiting.done()
        await client.put(f"{world.url('dc1')}/v1/config", json={"Kind": "service-defaults", "Name": "web"})
        woken = await waiting
        assert clock() - began == pytest.approx(100.0, abs=1.0)
        assert [entry["Name"] for entry in woken.json()] == ["web"]
        assert int(woken.headers["x-consul-index"]) > int(index)


async def test_a_blocked_query_that_nothing_wakes_waits_out_its_time(world: World, clock: Clock) -> None:
    async with httpx.AsyncClient(transport=SandboxTransport(world)) as client:
        url = f"{world.url('dc1')}/v1/config/service-defaults"
        first = await client.get(url)
        began = clock()
        query = {"index": first.headers["x-consul-index"], "wait": "300s"}
        again = await client.get(url, params=query, timeout=600.0)
        assert 300.0 <= clock() - began <= 300.0 * (1 + 1 / 16) + 1.0, "the wait, and up to a sixteenth"
        assert again.json() == first.json()


async def test_a_defect_of_the_sandbox_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(world: World, name: str, request: Request) -> Response:
        raise KeyError("CreateIndex")

    async with running(SandboxOptions(clusters=("dc1",), delays=False, log=None)) as urls:
        monkeypatch.setattr(World, "handle", failing)
        async with httpx.AsyncClient(timeout=LIMIT) as client:
            for _ in range(2):  # and the connection goes on
                told = await client.get(f"{urls['dc1']}/v1/namespaces")
                assert told.status_code == 500
                assert "a defect of its own: KeyError: 'CreateIndex' (test_adapters.py:" in told.text


async def test_the_server_peers_over_http() -> None:
    options = SandboxOptions(clusters=("dc1", "dc2", "dc3"))
    async with running(options) as urls, httpx.AsyncClient(timeout=LIMIT) as client:
        body = {"PeerName": "dc2"}
        token = (await client.post(f"{urls['dc1']}/v1/peering/token", json=body)).json()["PeeringToken"]
        dial = {"PeerName": "dc1", "PeeringToken": token}
        assert (await client.post(f"{urls['dc2']}/v1/peering/establish", json=dial)).json() == {}

        async def is_up() -> bool:
            return bool((await client.get(f"{urls['dc1']}/v1/peering/dc2")).json()["State"] == "ACTIVE")

        await eventually(is_up)


async def test_the_server_drops_a_lost_response_after_executing() -> None:
    async with running_world(SandboxOptions(clusters=("dc1",))) as world, httpx.AsyncClient() as client:
        world.faults.add("lost", method="PUT")
        url = world.url("dc1")
        with pytest.raises(httpx.TransportError):
            await client.put(f"{url}/v1/config", json={"Kind": "service-defaults", "Name": "web"})
        assert (await client.get(f"{url}/v1/config/service-defaults/web")).status_code == 200


async def test_the_server_takes_entries_of_several_megabytes() -> None:
    services = [
        {"Name": f"service-{number:05}", "Consumers": [{"Peer": "p" * 60}]} for number in range(20_000)
    ]
    entry = {"Kind": "exported-services", "Name": "default", "Services": services}
    async with running(SandboxOptions(clusters=("dc1",))) as urls, httpx.AsyncClient() as client:
        assert (await client.put(f"{urls['dc1']}/v1/config", json=entry)).text == "true"


async def test_serve_runs_until_cancelled() -> None:
    told: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(SandboxOptions(clusters=("dc1",)), ready=told.set_result))
    urls = await told
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{urls['dc1']}/v1/status/leader")).status_code == 200
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        with pytest.raises(httpx.ConnectError):
            await client.get(f"{urls['dc1']}/v1/status/leader")


async def test_a_killed_cluster_answers_a_waiting_query_with_a_broken_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running_world(SandboxOptions(clusters=("dc1",))) as world, httpx.AsyncClient() as client:
        held, watch = asyncio.Event(), world.watch

        def watched(callback: Callable[[], None]) -> Callable[[], None]:
            held.set()
            return watch(callback)

        monkeypatch.setattr(world, "watch", watched)
        url = f"{world.url('dc1')}/v1/config/service-defaults?index=99&wait=300s"
        waiting = asyncio.create_task(client.get(url, timeout=LIMIT))
        await asyncio.wait_for(held.wait(), LIMIT)
        assert not waiting.done()
        world.down("dc1")
        with pytest.raises(httpx.TransportError):
            await waiting


def test_options_place_clusters_twenty_ports_apart() -> None:
    options = SandboxOptions(clusters=("a", "b"), port=18500, versions={"b": "1.14"})
    assert [(spec.port, spec.version) for spec in options.specs()] == [(18500, "1.20"), (18520, "1.14")]
    world = World(options.specs(), time.monotonic)
    assert world.clusters["b"].address("grpc_tls") == "127.0.0.1:18522"


@pytest.mark.parametrize(
    ("text", "reported"), [("1.20", "1.20.0"), ("v1.14.11", "1.14.11"), ("1.22.0-dev", "1.22.0-dev")]
)
def test_versions_are_families(text: str, reported: str) -> None:
    assert parse_version(text).text == reported


def test_unknown_versions_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"1\.12.*choose one of 1\.13"):
        SandboxOptions(version="1.12")
    with pytest.raises(ValueError, match="no such cluster"):
        SandboxOptions(versions={"dc9": "1.20"})
