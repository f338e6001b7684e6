"""Runs in a process of its own that is killed at any moment: writes, and acknowledges what it wrote."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from reconciler.model.auditing.entry import Begun, Ended
from reconciler.model.state import Recorded
from reconciler.model.state_place import StatePlace
from reconciler.sdk.address import Address
from reconciler.statestore.factory import open_store
from reconciler.statestore.ports import StateStore

PEERING = Address("peering", "dc1", "dc2")


def step(number: int) -> tuple[str, Any]:
    """What the writer does at this number; the same in every process."""
    address = Address("service_intentions", "dc1", f"s{number * 7 % 40}")
    if number % 5 == 3:
        return "removed", address
    if number % 11 == 0:
        return "intent", Recorded(
            address, {}, "consul", version=number, pending="create", depends_on=(PEERING,)
        )
    return "applied", Recorded(address, {"text": "x" * (number * 37 % 3000)}, "consul", version=number)


def write(where: Path, number: int, acknowledge: Connection) -> None:
    """Steps from `number` on, with a commit now and then and a new session now and then, for ever."""
    asyncio.run(_write(lambda: open_store(where), number, acknowledge))


def write_shared(
    place: StatePlace, root: Path, environ: Mapping[str, str], number: int, acknowledge: Connection
) -> None:
    """The same on a server."""
    os.environ.update(environ)
    asyncio.run(_write(lambda: open_store(place, root=root, environ=environ), number, acknowledge))


async def _write(store: Callable[[], StateStore], number: int, acknowledge: Connection) -> None:
    while True:
        session = await store().open("apply")
        await session.began(Begun())
        for _ in range(30):
            name, argument = step(number)
            await getattr(session, name)(argument)
            acknowledge.send_bytes(number.to_bytes(4, "big"))
            number += 1
            if number % 6 == 0:
                await session.commit()
        await session.commit(Ended("applied"))
        await session.close()


def hold(where: Path, ready: Connection) -> None:
    """Take the lock and keep it until killed."""

    async def run() -> None:
        session = await open_store(where).open("apply", "to be killed")
        await session.applied(Recorded(PEERING, {}, "consul"))
        ready.send_bytes(b"held")
        await asyncio.sleep(3600)

    asyncio.run(run())
