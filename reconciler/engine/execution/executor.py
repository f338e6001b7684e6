"""The executor: walks a plan's steps, as many at once as their order allows, and accounts for each object.

Every object ends applied, failed (with its cause) or skipped (because of what). A failure stops only what
depends on it. What a server refuses because of what else it holds is put aside and tried again after each
success in that cluster. What was done is recorded as it happens; at the end everything written is read back
once.
"""

from __future__ import annotations

import asyncio

from reconciler.engine.execution.aside import Aside, refused_for_good
from reconciler.engine.execution.flight import Flight
from reconciler.engine.execution.interim import first, left_between, second
from reconciler.engine.execution.performing import perform, resumed
from reconciler.engine.execution.ports import Ports
from reconciler.engine.execution.restoring import as_restored, can_go_back, restored
from reconciler.engine.execution.steps import recorded, to_make_again
from reconciler.engine.execution.walk import Node, Walk
from reconciler.model.change import Action, Change, Reason
from reconciler.model.event import Event, Failed, Skipped, SkipReason, Succeeded
from reconciler.model.failure import Failure
from reconciler.model.plan import Plan
from reconciler.sdk.address import Address
from reconciler.sdk.errors import DoesNotFit, ProviderError
from reconciler.sdk.provider import Applied
from reconciler.sdk.secrets.quoting import hushed, quoted

IN_FLIGHT = 256  # steps at once; calls per cluster are bounded by the provider

Obstacle = tuple[SkipReason, str]
_NEVER_READY: Obstacle = (SkipReason.DEPENDENCY, "what it needs never became ready")


async def execute(plan: Plan, ports: Ports) -> dict[Address, Event]:
    """Perform the plan's actions; gives the final event of each. Raises `Failure` if recording fails."""
    return await _Execution(plan, ports).run()


class _Execution:
    """One execution: what runs, what is aside, and how each object ended."""

    def __init__(self, plan: Plan, ports: Ports) -> None:
        self.ports = ports
        self.actions = {change.address: change for change in plan.actions}
        self.walk = Walk(self.actions)
        self.aside = Aside()
        self.flights: dict[Node, Flight] = {}  # begun and not ended, aside or not
        self.between: dict[Address, Applied] = {}  # what interim steps left
        self.ended: dict[Address, Event] = {}
        self.running = 0
        self.woken = asyncio.Event()
        self.broken: Failure | None = None

    async def run(self) -> dict[Address, Event]:
        reporter = asyncio.create_task(self._report_progress())
        try:
            await self._walk()
        finally:
            reporter.cancel()
        if self.broken is not None:
            raise self.broken
        return self.ended

    async def _walk(self) -> None:
        async with asyncio.TaskGroup() as group:
            while self.walk or self.running or self.aside:
                self._start(group)
                if self.running:
                    await self.woken.wait()
                    self.woken.clear()
                elif not self.walk:
                    self._give_up(group)
        for node in map(Node, self.actions):
            if node.address not in self.ended:  # nothing will ever make it ready; say so instead of nothing
                self._end(node, self._skipped(node, self._obstacle(node) or _NEVER_READY))

    def _start(self, group: asyncio.TaskGroup) -> None:
        """Start what is ready, or say why it may not."""
        while self.walk and self.running < IN_FLIGHT:
            node = self.walk.take()
            obstacle = self._obstacle(node)
            if node.address in self.ended:  # with the interim step
                self.walk.close(node, done=False)
            elif obstacle is not None:
                self._close(group, node, self._skipped(node, obstacle))
            else:
                self.running += 1
                group.create_task(self._perform(group, node))

    def _obstacle(self, node: Node) -> Obstacle | None:
        """Return why a step that is ready may not start; `None` where it may."""
        change = self.actions[node.address]
        if change.blocked:
            return SkipReason.BLOCKED, f"blocked: {change.blocked.text}"
        if self.broken is not None:
            return SkipReason.NOT_RECORDED, "the state cannot be written"
        if self._goes_back(node):
            return None
        if self.ports.stop.requested:
            return SkipReason.INTERRUPTED, "interrupted"
        undone = self.walk.undone(node)
        return (SkipReason.DEPENDENCY, f"needs {undone}") if undone is not None else None

    def _goes_back(self, node: Node) -> bool:
        """Say whether an object is taken down and comes back as it was: it does so however the others
        ended.
        """
        return not node.interim and self.actions[node.address].reason is Reason.TAKEN_DOWN

    def _close(self, group: asyncio.TaskGroup, node: Node, event: Failed | Skipped) -> None:
        """End an object that is not to be what it should be: where it was taken down, once it is back."""
        away = self.broken is None and not node.interim and node.address in self.between
        if away and can_go_back(self.ports, self.actions[node.address], event):
            self.running += 1
            group.create_task(self._restore(node, event))
        else:
            self._end(node, event)

    async def _restore(self, node: Node, event: Failed | Skipped) -> None:
        change = self.actions[node.address]
        try:
            back = await restored(self.ports, change, self.between[node.address])
        except Failure as failure:
            self.broken, back = failure, False
        self._end(node, as_restored(event) if back else event)
        self.running -= 1
        self.woken.set()

    async def _perform(self, group: asyncio.TaskGroup, node: Node) -> None:
        flight = self._flight(node)
        since = self.aside.moves(node.address.cluster)
        try:
            event = await self._attempt(node, flight)
        except DoesNotFit as error:
            self._put_aside(node, hushed(error), since)
        except Failure as failure:
            self.broken = failure
            self._end(node, self._skipped(node, (SkipReason.NOT_RECORDED, failure.summary)))
        else:
            if isinstance(event, Failed):
                self._close(group, node, event)
            else:
                self._end(node, event)
        self.running -= 1
        self.woken.set()

    def _flight(self, node: Node) -> Flight:
        """Return the flight of a node: always the same one."""
        if node not in self.flights:
            change, way = self.actions[node.address], None
            if change.interim is not None:
                way = change.interim.way if node.interim else None
                change = first(change) if node.interim else second(change)
            shown = change.action if node.interim else self.actions[node.address].action
            self.flights[node] = Flight(change, shown, way, self.ports.observe)
        return self.flights[node]

    async def _attempt(self, node: Node, flight: Flight) -> Succeeded | Failed:
        try:
            left = self.between.get(node.address)
            if left is not None and not flight.goes_on:
                flight.change, flight.goes_on = await resumed(self.ports, flight.change, left), True
            applied = await perform(self.ports, flight)
        except DoesNotFit:
            raise
        except ProviderError as error:
            return self._failed(node, hushed(error))
        await self._record(node, flight.change, applied)
        status = quoted(applied.status)
        return Succeeded(node.address, flight.action, flight.elapsed(), status, flight.way)

    async def _record(self, node: Node, performed: Change, applied: Applied) -> None:
        """Record what was done. What is taken down is recorded as what is still to be made."""
        change, recorder = self.actions[node.address], self.ports.recorder
        if node.interim:
            self.between[node.address] = applied
            if performed.action is not Action.DELETE:
                await recorder.applied(recorded(performed, applied))
            else:
                await recorder.intent(to_make_again(change))
        elif change.action is Action.DELETE:
            await recorder.removed(node.address)
        else:
            await recorder.applied(recorded(change, applied))

    def _put_aside(self, node: Node, error: DoesNotFit, since: int) -> None:
        cluster = node.address.cluster
        if not self.aside.put(node, error, since):
            self.walk.again(node)
        self.flights[node].report(f"waits for other changes on {cluster}: {error.message}")

    def _give_up(self, group: asyncio.TaskGroup) -> None:
        """Fail what is aside: nothing runs and nothing is ready."""
        for node, error in self.aside.given_up().items():
            obstacle = self._obstacle(node)
            failed = self._failed(node, refused_for_good(error, node.address.cluster))
            self._close(group, node, self._skipped(node, obstacle) if obstacle is not None else failed)

    def _failed(self, node: Node, error: ProviderError) -> Failed:
        flight = self.flights[node]
        return Failed(node.address, flight.action, flight.elapsed(), error, flight.way, left=self._left(node))

    def _skipped(self, node: Node, obstacle: Obstacle) -> Skipped:
        return Skipped(node.address, self.actions[node.address].action, *obstacle, self._left(node))

    def _left(self, node: Node) -> str:
        """Return what an interim step that was done leaves, where the change itself does not follow."""
        done = not node.interim and node.address in self.between
        return left_between(self.actions[node.address]) if done else ""

    def _end(self, node: Node, event: Event) -> None:
        self.flights.pop(node, None)
        self.ports.observe(event)
        done = isinstance(event, Succeeded)
        if not (node.interim and done):
            self.ended[node.address] = event
        self.walk.close(node, done=done)
        for cluster in self._clusters(node.address) if done else ():
            for again in self.aside.moved(cluster):
                self.walk.again(again)

    def _clusters(self, address: Address) -> tuple[str, ...]:
        """Return the clusters in which a step is done: an object with two ends is in two."""
        kind = self.ports.kind(self.actions[address])
        return (address.cluster, address.name) if kind.symmetric else (address.cluster,)

    async def _report_progress(self) -> None:
        """Let every step that takes long say again what it waits for."""
        while True:
            await asyncio.sleep(1.0)
            for flight in list(self.flights.values()):
                flight.repeat()
