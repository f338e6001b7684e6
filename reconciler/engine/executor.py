"""The executor: walks a plan's actions, as many at once as their order allows, and accounts for each.

Every action ends applied, failed (with its cause) or skipped (because of what). A failure stops only what
depends on it. What was done is recorded as it happens; at the end everything written is read back once.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.engine.ports import Observer, Providers, Recorder, Stop
from reconciler.engine.rebase import rebased
from reconciler.model.change import Action, Change
from reconciler.model.event import Event, Failed, Progress, Skipped, Started, Succeeded
from reconciler.model.failure import Failure
from reconciler.model.plan import Plan
from reconciler.model.state import Recorded
from reconciler.sdk import sendable
from reconciler.sdk.address import Address
from reconciler.sdk.errors import Conflict, NotSupported, ProviderError
from reconciler.sdk.kinds import Kind
from reconciler.sdk.provider import (
    Applied,
    Condition,
    Present,
    Provider,
    Report,
    Rotates,
    Step,
    Verb,
    Wanted,
)
from reconciler.sdk.quoting import hushed, quoted
from reconciler.sdk.sensitive import revealed

INSISTENCE = 30.0  # seconds for which a change is put on top of others' writes before the conflict stands
IN_FLIGHT = 256  # steps at once; calls per cluster are bounded by the provider
TELL_EVERY = 10.0  # seconds after which a long step says again what it waits for

_VERBS = {
    Action.CREATE: Verb.CREATE,
    Action.UPDATE: Verb.UPDATE,
    Action.DELETE: Verb.DELETE,
    Action.REPLACE: Verb.REPLACE,
    Action.ROTATE: Verb.UPDATE,  # for those who are asked about it; performing goes through `rotate`
}


@dataclass(frozen=True, slots=True)
class World:
    """What an execution reaches: providers, the record, who watches, and whether to stop."""

    providers: Providers
    recorder: Recorder
    observe: Observer
    stop: Stop
    kinds: Mapping[tuple[str, str], Kind]


async def execute(plan: Plan, world: World) -> dict[Address, Event]:
    """Perform the plan's actions; gives the final event of each. Raises `Failure` if recording fails."""
    return await _Walk(plan, world).run()


class _Walk:
    """One execution: what waits for what, what is ready, what runs, how each ended."""

    def __init__(self, plan: Plan, world: World) -> None:
        self.world = world
        self.actions = {change.address: change for change in plan.actions}
        self.missing = {a: len(c.waits_for) for a, c in self.actions.items()}
        self.followers: dict[Address, list[Address]] = {}
        for address, change in self.actions.items():
            for before in change.waits_for:
                self.followers.setdefault(before, []).append(address)
        self.ready = [(c.index, a) for a, c in self.actions.items() if not c.waits_for]
        heapq.heapify(self.ready)
        self.ended: dict[Address, Event] = {}
        self.running: dict[Address, _Running] = {}
        self.woken = asyncio.Event()
        self.broken: Failure | None = None

    async def run(self) -> dict[Address, Event]:
        teller = asyncio.create_task(self._tell())
        try:
            await self._walk()
        finally:
            teller.cancel()
        if self.broken is not None:
            raise self.broken
        return self.ended

    async def _walk(self) -> None:
        async with asyncio.TaskGroup() as group:
            while self.ready or self.running:
                self._start(group)
                if self.running:
                    await self.woken.wait()
                    self.woken.clear()

    def _start(self, group: asyncio.TaskGroup) -> None:
        """Start what is ready, or say why it may not."""
        while self.ready and len(self.running) < IN_FLIGHT:
            change = self.actions[heapq.heappop(self.ready)[1]]
            because = self._obstacle(change)
            if because:
                self._end(change, Skipped(change.address, change.action, because))
            else:
                self.running[change.address] = _Running(change, self.world.observe)
                group.create_task(self._perform(change))

    def _obstacle(self, change: Change) -> str:
        """Why an action that is ready may not start; empty where it may."""
        if change.blocked:
            return f"blocked: {change.blocked}"
        if self.broken is not None:
            return "the record can not be written"
        if self.world.stop.requested:
            return "interrupted"
        for before in change.waits_for:
            if not isinstance(self.ended[before], Succeeded):
                return f"needs {before}"
        return ""

    async def _perform(self, change: Change) -> None:
        running = self.running[change.address]
        self.world.observe(Started(change.address, change.action))
        try:
            event = await self._attempt(change, running)
        except Failure as failure:
            self.broken = failure
            event = Skipped(change.address, change.action, failure.summary)
        del self.running[change.address]
        self._end(change, event)
        self.woken.set()

    async def _attempt(self, change: Change, running: _Running) -> Event:
        provider = self.world.providers[change.provider]
        try:
            _check_sendable(change)
            if not self._kind(change).repeatable:
                await self.world.recorder.intent(recorded(change, Applied(), pending=change.action.value))
            applied = await self._insisted(provider, change, running)
        except ProviderError as error:
            return Failed(change.address, change.action, running.elapsed(), hushed(error))
        await self._record(change, applied)
        return Succeeded(change.address, change.action, running.elapsed(), quoted(applied.status))

    async def _insisted(self, provider: Provider, change: Change, running: _Running) -> Applied:
        """Perform; where somebody else wrote another part of the object meanwhile, perform on top of that."""
        while True:
            try:
                return await _performed(provider, change, running.report)
            except Conflict:
                again = await self._rebased(provider, change) if running.elapsed() < INSISTENCE else None
                if again is None:
                    raise
                change = again
                _check_sendable(change)
            running.report("somebody else wrote another part of it meanwhile; writing on top of that")

    async def _rebased(self, provider: Provider, change: Change) -> Change | None:
        kind = self._kind(change)
        if not kind.repeatable:
            return None
        reading = await provider.read([hint(change)])
        live = reading.objects.get(change.address)
        return rebased(kind, change, live) if live is None or isinstance(live, Present) else None

    async def _record(self, change: Change, applied: Applied) -> None:
        if change.action is Action.DELETE:
            await self.world.recorder.removed(change.address)
        else:
            await self.world.recorder.applied(recorded(change, applied))

    def _kind(self, change: Change) -> Kind:
        return self.world.kinds[change.provider, change.address.type]

    def _end(self, change: Change, event: Event) -> None:
        self.ended[change.address] = event
        self.world.observe(event)
        for follower in self.followers.get(change.address, ()):
            self.missing[follower] -= 1
            if self.missing[follower] == 0:
                heapq.heappush(self.ready, (self.actions[follower].index, follower))

    async def _tell(self) -> None:
        """Let every step that takes long say again what it waits for."""
        while True:
            await asyncio.sleep(1.0)
            for running in list(self.running.values()):
                running.tell()


class _Running:
    """A step in flight: when it began and what it last said."""

    def __init__(self, change: Change, observe: Observer) -> None:
        self.change = change
        self.observe = observe
        self.began = asyncio.get_running_loop().time()
        self.told = self.began
        self.message = ""

    def elapsed(self) -> float:
        return asyncio.get_running_loop().time() - self.began

    def report(self, message: str) -> None:
        message = quoted(message)
        if message != self.message:
            self.message = message
            self._say()

    def tell(self) -> None:
        if asyncio.get_running_loop().time() - self.told >= TELL_EVERY:
            self._say()

    def _say(self) -> None:
        self.told = asyncio.get_running_loop().time()
        change = self.change
        self.observe(Progress(change.address, change.action, self.message, self.elapsed()))


def _check_sendable(change: Change) -> None:
    """Raise `Unsendable` for a body that no server may get, whatever a merge or a provider made of it."""
    sendable.check(revealed(change.after), cluster=change.address.cluster, subject=str(change.address))


async def _performed(provider: Provider, change: Change, report: Report) -> Applied:
    if change.action is not Action.ROTATE:
        return await provider.perform(step(change), report)
    seen = _seen(change)
    if not isinstance(provider, Rotates) or seen is None:
        raise NotSupported(f"{change.address} has no secret that could be renewed")
    return await provider.rotate(change.address, seen, report)


def step(change: Change) -> Step:
    """What the provider is asked to do for a change, with sensitive values in plain: they leave here."""
    after = revealed(change.after)
    return Step(_VERBS[change.action], change.address, _seen(change), after, change.observed_version)


def hint(change: Change) -> Wanted:
    """What to read of a changed object, with the names that are in its body."""
    return Wanted(change.address, revealed(change.owned or change.before))


def _seen(change: Change) -> Present | None:
    if change.before is None:
        return None
    return Present(revealed(change.before), change.observed_version or 0, change.remote_ids, Condition.READY)


def recorded(change: Change, applied: Applied, *, pending: str | None = None) -> Recorded:
    """What the state will say of a change once it is done (or, with `pending`, while it is tried).

    While something is being removed the record keeps what was there: after a crash it still names it.
    """
    removing = pending is not None and change.action in (Action.DELETE, Action.REPLACE)
    body = change.before if removing or change.owned is None else change.owned
    return Recorded(
        change.address,
        body or {},
        change.provider,
        applied.version or change.observed_version or 0,
        applied.remote_ids or change.remote_ids,
        change.depends_on,
        change.shared,
        change.protect,
        pending,
        adopted=change.adopted and (removing or change.action not in (Action.CREATE, Action.REPLACE)),
    )
