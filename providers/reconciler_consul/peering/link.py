"""One peering in one step: where its two ends are, how to look at them, how long to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from reconciler.sdk.errors import Ambiguous, NotSent, ProviderError, Refused
from reconciler.sdk.provider import Report
from reconciler_consul.peering.body import PeeringSpec, Site, ends
from reconciler_consul.peering.pair import End
from reconciler_consul.peering.watch import LAST_GAP, Watch
from reconciler_consul.server.api import ConsulApi


class Link:
    """What the work on one peering needs. `wait_timeout` bounds each wait; `restart` begins a new one."""

    def __init__(
        self,
        apis: Mapping[str, ConsulApi],
        watches: Mapping[str, Watch],
        wait_timeout: float,
        spec: PeeringSpec,
        report: Report,
    ) -> None:
        self.apis = apis
        self.watches = watches
        self.wait_timeout = wait_timeout
        self.spec = spec
        self.report = report
        self.deadline = 0.0
        self.restart()

    def restart(self) -> None:
        """Start the waiting time again."""
        self.deadline = now() + self.wait_timeout

    @property
    def expired(self) -> bool:
        """Whether the time to wait is over."""
        return now() >= self.deadline

    async def look(self) -> tuple[End, End]:
        """Read both ends; return acceptor and dialer as they are now."""
        one, other = self.spec.acceptor, self.spec.dialer
        here, there = await asyncio.gather(self._site(one), self._site(other))
        return ends(self.spec, {one: here, other: there})

    async def _site(self, cluster: str) -> Site:
        known = await self.apis[cluster].identity()
        return Site(await self.watches[cluster].rows(), known.datacenter, known.trust_domain, known.partition)

    async def look_patiently(self) -> tuple[End, End]:
        """Read both ends while waiting: a cluster that does not answer for a moment is asked again."""
        while True:
            try:
                return await self.look()
            except (NotSent, Refused, Ambiguous) as error:
                if self.expired:
                    raise
                self.report(f"waiting for {error.cluster or 'a cluster'} to answer again")
            await asyncio.sleep(LAST_GAP)

    async def pause(self, error: ProviderError) -> None:
        """Wait before something that was refused is asked for again; raises the error once time is over."""
        asked = max(LAST_GAP, error.retry_after or 0.0)
        if now() + asked >= self.deadline:
            raise error
        self.report(f"waiting for {error.cluster or 'a cluster'} to take requests again")
        await asyncio.sleep(asked)


def now() -> float:
    """Return the time of the event loop's clock, in seconds."""
    return asyncio.get_running_loop().time()


async def tick(gap: float) -> None:
    """Sleep until the next multiple of `gap`: all who wait wake together and share one list."""
    await asyncio.sleep(gap - now() % gap)


def row_ids(acceptor: End, dialer: End) -> dict[str, str]:
    """Return the IDs of the rows that are there, by declared role."""
    ids = {"acceptor_id": acceptor.id, "dialer_id": dialer.id}
    return {role: value for role, value in ids.items() if value}
