"""Put a snapshot into a fresh place of a backend, from tests that are not coroutines where they begin."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from tests.backends.stores import documents_of
from tests.backends.suite import Connect


def seeded(connect: Connect, snapshot: bytes | None) -> None:
    """Create the documents of a state that has this snapshot alone."""

    async def create() -> None:
        one = connect()
        for key, data in documents_of(snapshot or b"").items():
            await one.create(key, data)
        await one.close()

    if snapshot is not None:
        with ThreadPoolExecutor(1) as threads:
            threads.submit(asyncio.run, create()).result()
