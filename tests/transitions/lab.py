"""A room for trials: sandbox servers, a configuration in a folder, runs, and what is watched meanwhile."""

from __future__ import annotations

import asyncio
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from reconciler import app
from reconciler.emulator.serve.transport import SandboxTransport
from reconciler.model.event import Failed
from reconciler.model.failure import Failure
from reconciler.model.guarding import limits
from reconciler.model.plan import Mode, Plan, Selection
from tests.support.virtual import Clock
from tests.transitions.computed.access import Access, Allowed, more
from tests.transitions.computed.naming import Named, Naming
from tests.transitions.configurations.drawing import SERVICES
from tests.transitions.configurations.flavours import Flavour
from tests.transitions.judging import Entries, held

CONFIGURATION = "main.yaml"
EVERYTHING = Selection()


class Killed(BaseException):
    """The process ends here."""


@dataclass(slots=True)
class Ran:
    """One run: its plan, what is wrong with how it went, and the access that there was after each write."""

    plan: Plan | None
    problems: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    between: list[tuple[str, Allowed, Named]] = field(default_factory=list)
    killed: bool = False
    start: Allowed = field(default_factory=dict)


@dataclass(slots=True)
class Trouble:
    """What befalls one write of a run: the one of this number is refused (500), or ends the run there."""

    at: int
    kind: str  # "500", "before", "after"


class Watched(SandboxTransport):
    """Serves a room's requests, in another order each time, and looks at the servers after every write."""

    def __init__(self, room: TrialLab) -> None:
        super().__init__(room.world)
        self.room = room

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "GET" or request.url.path.startswith(("/v1/internal", "/v1/acl")):
            return await super().handle_async_request(request)
        if self.room.jitter is not None:
            await asyncio.sleep(self.room.jitter.random())
        return await self._write(request)

    async def _write(self, request: httpx.Request) -> httpx.Response:
        room = self.room
        trouble = room.trouble if room.trouble and room.trouble.at == room.count else None
        room.count += 1
        if trouble is not None and trouble.kind == "500":
            return httpx.Response(500, text="rpc error making call: EOF", request=request)
        if trouble is not None and trouble.kind == "before":
            raise Killed
        response = await super().handle_async_request(request)
        room.wrote(request, response)
        if trouble is not None:
            raise Killed
        return response


class TrialLab:
    """Servers and a folder. `jitter` lets writes take a while each, so that they end in any order."""

    def __init__(self, flavour: Flavour, folder: Path, jitter: random.Random | None, clock: Clock) -> None:
        self.flavour = flavour
        self.folder = folder
        self.jitter = jitter
        self.world = flavour.world(clock)
        self.access = Access(self.world, flavour, SERVICES)
        self.naming = Naming(self.access)
        self.transport = Watched(self)
        self.trouble: Trouble | None = None
        self.allow_delete: int | None = None
        self.count = 0
        self.running: Ran | None = None

    def options(self) -> app.Options:
        """Options for a run here."""
        transports = dict.fromkeys(self.flavour.names, self.transport)
        return app.Options(
            root=self.folder, environ={}, transports=transports, allowed=limits.Allowed(self.allow_delete)
        )

    def declare(self, text: str) -> None:
        """Put a configuration into the folder."""
        (self.folder / CONFIGURATION).write_text(text)

    def wrote(self, request: httpx.Request, response: httpx.Response) -> None:
        """Keep what one write came to."""
        ran = self.running
        if ran is None:
            return
        body = request.content.decode() if request.content else ""
        line = f"{request.method} {request.url.port}{request.url.path} {body[:300]} -> {response.status_code}"
        if response.status_code >= 400:
            line += f" {response.text.strip()}"
        ran.writes.append(line)
        self.naming.wrote()
        now, named = self.access.now(), self.naming.now()
        if not ran.between or ran.between[-1][1:] != (now, named):
            ran.between.append((line, now, named))

    async def apply(
        self,
        mode: Mode = Mode.NORMAL,
        selection: Selection = EVERYTHING,
        trouble: Trouble | None = None,
    ) -> Ran:
        """One apply, with what is wrong with how it ended."""
        ran = self.running = Ran(None, start=self.access.now())
        self.trouble, self.count = trouble, 0
        try:
            applied = await app.apply(
                self.options(),
                mode,
                selection,
                approve=self.approve,
                observe=lambda event: None,
                stop=app.Stop(),
            )
            ran.plan = applied.plan
            ran.problems = problems(applied)
        except Failure as failure:
            removals = asked_for(failure)
            if removals not in (None, self.allow_delete):
                self.allow_delete = removals
                return await self.apply(mode, selection, trouble)
            ran.problems = [f"failure: {failure.summary}: {failure.detail}"]
        except BaseExceptionGroup as group:
            if not group.split(Killed)[0]:
                raise
            ran.killed = True
        finally:
            self.trouble, self.running = None, None
        return ran

    def approve(self, planned: app.PlanResult) -> bool:
        """Every plan may be done."""
        self.naming.plan(planned.plan)
        return True

    async def plan(self, mode: Mode = Mode.NORMAL, selection: Selection = EVERYTHING) -> Plan:
        """A plan."""
        return (await app.plan(self.options(), mode, selection)).plan

    def held(self) -> Entries:
        """Every entry that servers hold."""
        return held(self.world, self.flavour)

    def peerings(self) -> list[str]:
        """Every row, as cluster/name."""
        rows = [
            f"{name}/{row.name}"
            for name in self.flavour.names
            for row in self.flavour.cluster(self.world, name).store.peerings.values()
        ]
        return sorted(rows)


def asked_for(failure: Failure) -> int | None:
    """The number of removals that a refused run asks to be allowed, if that is what it was refused for."""
    found = re.search(r"--allow-delete (\d+)", failure.hint)
    return int(found[1]) if found else None


def problems(applied: app.ApplyResult) -> list[str]:
    """Why a run did not do all that was asked for."""
    out = [f"blocked: {c.address}: {c.blocked}" for c in applied.plan.changes if c.blocked]
    out += [f"deferred: {d.address}: {d.because}" for d in applied.plan.deferred]
    if applied.outcome is None:
        return out
    for event in (*applied.outcome.failed, *applied.outcome.unconfirmed):
        word = "failed" if isinstance(event, Failed) else "unconfirmed"
        out.append(f"{word}: {event.action.value} {event.address}: {event.error.message}")
    return out


@dataclass(slots=True)
class Opened:
    """What was allowed after some write of a run, and is allowed neither at the start nor at the end: what
    interim steps named, and what none did."""

    named: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)


def opened(ran: Ran, start: Allowed, end: Allowed) -> Opened:
    """What a run opened for a while."""
    out = Opened()
    for line, allowed, named in ran.between:
        for call in more(allowed, start, end):
            is_named = (call.caller, call.service, call.cluster) in named
            (out.named if is_named else out.unnamed).append(f"{call} after {line}")
    return out
