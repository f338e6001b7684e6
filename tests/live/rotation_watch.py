"""A peering watched from outside, as closely as its servers answer, while its secret is renewed."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.model.event import Succeeded
from tests.support.agents import Agent
from tests.support.patience import LIMIT
from tests.support.peerings.lab import PeeringLab

GAP = 0.015  # seconds between two questions
ROTATIONS = 3
SERVICE = "watched"
EXPORT = f"exports: {{dc1: {{{SERVICE}: [dc2]}}}}"


@dataclass
class Seen:
    """The answers to one question, and when each was asked."""

    times: list[float] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]


async def prepare(lab: PeeringLab, agents: dict[str, Agent]) -> None:
    """The link, and a service of the accepting cluster that the dialing one imports."""
    await lab.servers.call("dc1", "PUT", "/v1/agent/service/register", {"Name": SERVICE, "Port": 80})
    await lab.apply()
    path = f"/v1/health/service/{SERVICE}?peer={lab.names['dc2']}"
    async with asyncio.timeout(LIMIT):
        while True:
            if await lab.servers.call("dc2", "GET", path):
                return
            await asyncio.sleep(0.1)


async def rotated_under_watch(lab: PeeringLab, agents: dict[str, Agent]) -> None:
    """Several rotations: no sample finds the link down or the imported service away."""
    await _heartbeat(lab)
    marks = await lab.marks()
    connected = connections(agents["dc1"].ports["grpc_tls"])
    assert connected
    seen = {name: Seen() for name in ("dc1", "dc2", "health")}
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_ask(agents["dc1"], "/v1/peerings", _row(lab.names["dc1"]), seen["dc1"], stop))
        group.create_task(_ask(agents["dc2"], "/v1/peerings", _row(lab.names["dc2"]), seen["dc2"], stop))
        path = f"/v1/health/service/{SERVICE}?peer={lab.names['dc2']}"
        group.create_task(_ask(agents["dc2"], path, len, seen["health"], stop))
        for _ in range(ROTATIONS):
            await asyncio.sleep(0.3)
            applied = await lab.rotate()
            assert applied.outcome is not None
            assert (applied.outcome.changed, applied.outcome.failed) == (1, ())
        await asyncio.sleep(5.5)  # beyond the next round of the leaders' loops
        stop.set()
    after = await lab.marks()
    assert after["dc1"] is not None
    assert marks["dc1"] is not None
    assert after["dc1"][0] == marks["dc1"][0]
    assert after["dc1"][1] > marks["dc1"][1]
    told = [event.status for event in lab.events if isinstance(event, Succeeded)][-ROTATIONS:]
    assert all(status.startswith("link stayed up: same rows, ACTIVE before") for status in told), told
    _judge(seen)
    assert connections(agents["dc1"].ports["grpc_tls"]) <= connected, "a new connection was opened"
    await lab.is_stable()


async def _heartbeat(lab: PeeringLab) -> None:
    """Until both ends heard one: a new stream would begin without."""
    async with asyncio.timeout(LIMIT):
        while True:
            rows = (await lab.rows()).values()
            if all(row and row["StreamStatus"]["LastHeartbeat"] for row in rows):
                return
            await asyncio.sleep(0.2)


def _row(name: str) -> Callable[[Any], Any]:
    return lambda rows: next(row for row in rows if row["Name"] == name)


async def _ask(agent: Agent, path: str, pick: Callable[[Any], Any], seen: Seen, stop: asyncio.Event) -> None:
    """Ask again and again over one connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", agent.ports["http"], limit=2**20)
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        began = loop.time()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        seen.times.append(began)
        seen.values.append(pick(json.loads(await _body(reader))))
        await asyncio.sleep(max(0.0, GAP - (loop.time() - began)))
    writer.close()


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert " 200 " in head.partition("\r\n")[0], head
    for line in head.split("\r\n"):
        if line.startswith("content-length:"):
            return await reader.readexactly(int(line.partition(":")[2]))
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body


def _judge(seen: dict[str, Seen]) -> None:
    for name, found in seen.items():
        assert statistics.median(found.gaps()) <= 0.02, f"{name}: asked too seldom to tell"
        assert len(found.values) > 200
    for name, services in (("dc1", "ExportedServices"), ("dc2", "ImportedServices")):
        rows = seen[name].values
        assert {row["State"] for row in rows} == {"ACTIVE"}
        assert {row["ID"] for row in rows} == {rows[0]["ID"]}
        assert all(SERVICE in (row["StreamStatus"][services] or ()) for row in rows)
        beats = [row["StreamStatus"]["LastHeartbeat"] or "" for row in rows]
        assert beats == sorted(beats), "a new stream begins without one"
    assert set(seen["health"].values) == {1}


def connections(port: int) -> set[tuple[str, str]]:
    """The established connections to a local port."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *_ = line.split()
        if state == "01" and int(remote.rpartition(":")[2], 16) == port:
            found.add((local, remote))
    return found
