"""Watching the peerings of a cluster for many waiters at once.

Blocking queries do not help: they never wake for ACTIVE or FAILING, which are computed on read. One list
shows all rows, so however many peerings are waited for, a cluster is asked once a tick.
"""

from __future__ import annotations

import asyncio

from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.values import Row

FIRST_GAP = 0.02  # seconds between two lists while things are moving
LAST_GAP = 0.25


class Watch:
    """Lists of one cluster's peerings, shared by all who ask while one is due."""

    def __init__(self, api: ConsulApi) -> None:
        self._api = api
        self._due: asyncio.Task[dict[str, Row]] | None = None
        self._running: asyncio.Task[dict[str, Row]] | None = None
        self._last = 0.0

    async def rows(self) -> dict[str, Row]:
        """Return all rows as they are after this call began: never an answer that was under way before it."""
        if self._due is None:
            self._due = asyncio.create_task(self._list())
            self._due.add_done_callback(_retrieve)
        return await asyncio.shield(self._due)

    async def _list(self) -> dict[str, Row]:
        mine = self._due
        if self._running is not None:
            await asyncio.wait([self._running])
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._last + FIRST_GAP - loop.time()))
        # From here on the answer is too old for who comes next.
        self._running, self._due = mine, None
        self._last = loop.time()
        try:
            return await self._api.list_peerings()
        finally:
            if self._running is mine:
                self._running = None


def _retrieve(task: asyncio.Task[dict[str, Row]]) -> None:
    # Every waiter may be gone by the time it fails.
    if not task.cancelled():
        task.exception()
