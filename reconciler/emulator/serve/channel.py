"""How sandboxes in different processes talk: lines of JSON, at the port that peering tokens carry.

`{"exchange": …}` spends a token's secret and is answered in one line. `{"stream": …}` opens a link: both
ends then send their `{"state": …}` whenever it changes, and `{"terminated": true}` when their row goes. A
connection that ends is a link that is down; the end that dials tries again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from reconciler.emulator.core.state import Link
from reconciler.emulator.peering.dial import SILENT_S
from reconciler.emulator.peering.endings import LOST
from reconciler.emulator.serve import remote
from reconciler.emulator.wire.messages import Call
from reconciler.emulator.world import World

LARGEST_LINE = 64 * 1024 * 1024
CALM_S = 0.01
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 8.0
Value = dict[str, Any]
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def exchange(world: World, call: Call) -> Value:
    """Ask another sandbox for a stream's secret, at the first address where one listens."""
    for address in call.addresses:
        try:
            async with asyncio.timeout(SILENT_S):
                reader, writer = await _connected(address)
                try:
                    return await _asked(reader, writer, {"exchange": call.asked})
                finally:
                    writer.close()
        except TimeoutError:
            return {"refused": "silent"}
        except (OSError, ValueError, EOFError):
            continue
    return {"refused": "unreachable"}


async def _connected(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = address.rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port), limit=LARGEST_LINE)


def _say(writer: asyncio.StreamWriter, message: Value) -> None:
    writer.write(json.dumps(message).encode() + b"\n")


async def _heard(reader: asyncio.StreamReader) -> Value:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError(value)
    return value


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: Value) -> Value:
    _say(writer, message)
    return await _heard(reader)


class Channel:
    """The links of one world to other sandboxes: listens for them, dials them, and says what changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: dict[int, asyncio.StreamWriter] = {}
        self._said: dict[int, object] = {}
        self._woken = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Have the world peer with others while the context is open."""
        world = self._world
        world.outside = lambda cluster, row: remote.dialed_outside(world, cluster, row)
        stop = world.watch(self._woken.set)
        self._spawn(self._pump())
        try:
            yield
        finally:
            stop()
            world.outside = None
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pump(self) -> None:
        """Carry out what the world orders, and notify the far ends of what changed."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._world.outbox:
                order = self._world.outbox.popleft()
                self._carry_out(order.action, order.link)
            if self._writers:
                await asyncio.sleep(CALM_S)
                self._tell_changes()

    def _carry_out(self, action: str, link: Link) -> None:
        writer = self._writers.get(id(link))
        if action == "open":
            if writer is None and id(link) not in self._said:
                self._said[id(link)] = None
                self._spawn(self._dial(link))
        elif writer is not None:
            if action == "terminate":
                _say(writer, {"terminated": True})
            writer.close()

    def _tell_changes(self) -> None:
        for link in self._linked():
            name, row_id = remote.near_end(link)
            cluster = self._world.clusters[name]
            marker = remote.marker_of(cluster, row_id)
            if self._said.get(id(link)) != marker:
                self._said[id(link)] = marker
                _say(self._writers[id(link)], {"state": remote.state_of(cluster, row_id)})

    def _linked(self) -> list[Link]:
        return [link for link in self._world.links.values() if id(link) in self._writers]

    async def _dial(self, link: Link) -> None:
        """Keep a link up for as long as its row wants it."""
        wait_s = FIRST_RETRY_S
        try:
            while self._wanted(link):
                if await self._once(link):
                    wait_s = FIRST_RETRY_S
                await asyncio.sleep(wait_s * (self._world.time_scale or 0.1))
                wait_s = min(2 * wait_s, LONGEST_RETRY_S)
        finally:
            self._said.pop(id(link), None)

    def _wanted(self, link: Link) -> bool:
        return self._world.links.get((link.dialer, link.dialer_row)) is link

    async def _once(self, link: Link) -> bool:
        """Dial once, and serve the link until it ends; says whether it was up."""
        world = self._world
        cluster = world.clusters[link.dialer]
        row = cluster.store.peering_by_id(link.dialer_row)
        if cluster.server in world.faults.down or cluster.server in world.faults.frozen:
            return False
        hello = {
            "row": link.dialer_row,
            "peer": link.acceptor_row,
            "secret": link.secret,
            "about": remote.about(cluster),
            "state": remote.state_of(cluster, link.dialer_row),
        }
        for address in (row.manual_addresses or row.server_addresses) if row is not None else ():
            with suppress(OSError, ValueError, EOFError, TimeoutError):
                async with asyncio.timeout(SILENT_S):
                    reader, writer = await _connected(address)
                    reply = await _asked(reader, writer, {"stream": hello})
                if "refused" in reply:
                    writer.close()
                    remote.refused(world, link, str(reply["refused"]))
                    return False
                world.advance()
                if remote.opened(world, link, reply["about"], reply["state"]):
                    await self._serve(link, reader, writer)
                    return True
                writer.close()
                return False
        remote.refused(world, link, LOST)
        return False

    async def _serve(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take what the far end says of a link that is up, until its connection ends."""
        name, row_id = remote.near_end(link)
        self._writers[id(link)] = writer
        self._said[id(link)] = remote.marker_of(self._world.clusters[name], row_id)
        self._woken.set()
        try:
            while True:
                message = await _heard(reader)
                self._world.advance()
                if message.get("terminated"):
                    remote.terminated(self._world, link)
                    return
                if link.up:
                    far = self._world.clusters[remote.far_end(link)[0]]
                    remote.apply_state(far, remote.far_row(self._world, link), message["state"])
        except (OSError, ValueError, EOFError, KeyError):
            pass
        finally:
            del self._writers[id(link)]
            writer.close()
            remote.lost(self._world, link)

    def server_of(self, name: str) -> Serve:
        """Return what serves the connections that come to a cluster's peering port."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            try:
                with suppress(OSError, ValueError, EOFError, KeyError, asyncio.CancelledError):
                    await self._answer(name, reader, writer)
            finally:
                self._tasks.discard(task)
                writer.close()

        return serve

    async def _answer(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        message = await _heard(reader)
        world = self._world
        if name in world.faults.down:
            return
        if name in world.faults.frozen:
            await asyncio.sleep(SILENT_S)
            return
        world.advance()
        if "exchange" in message:
            _say(writer, remote.exchanged(world, name, message["exchange"]))
            return
        found = remote.accept(world, name, message["stream"])
        if isinstance(found, str):
            _say(writer, {"refused": found})
            return
        near = world.clusters[found.acceptor]
        _say(writer, {"about": remote.about(near), "state": remote.state_of(near, found.acceptor_row)})
        await self._serve(found, reader, writer)
