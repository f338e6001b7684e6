"""The asyncio side that both adapters share: hold blocking queries, sleep ordered delays."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from reconciler.emulator.serve.channel import exchange
from reconciler.emulator.wire.messages import Block, Request, Response
from reconciler.emulator.world import World

FOREVER_S = 3600.0


async def answer(world: World, cluster: str, request: Request) -> Response:
    """Return the final response: waits where the query blocks, sleeps what `delay_s` asks for."""
    reply = world.handle(cluster, request)
    if isinstance(reply, Block):
        if reply.call is not None:
            reply.call.outcome = await exchange(world, reply.call)
        else:
            await _hold(world, reply)
        reply = world.resume(reply)
    if reply.delay_s > 0:
        await asyncio.sleep(reply.delay_s)
    return reply


async def _hold(world: World, block: Block) -> None:
    woken = asyncio.Event()
    stop = world.watch(woken.set)
    try:
        while not block.ready() and world.clock() < block.deadline:
            until = min(block.deadline, world.next_event() or block.deadline)
            woken.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), min(max(until - world.clock(), 0.0) + 0.001, FOREVER_S))
            world.advance()
            if block.cluster in world.faults.down:
                return
    finally:
        stop()
