"""One small configuration on any clusters: plan, apply and drift through the product, rows by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from reconciler import app
from reconciler.model.change import Action, Change, Reason
from reconciler.model.event import Event
from reconciler.model.plan import Mode
from reconciler.sdk.errors import ProviderError
from tests.support.lab import UseCases
from tests.support.patience import eventually

Row = dict[str, Any]
PATIENCE = 40.0  # seconds for what servers do by themselves


class Refused(Exception):
    """An answer that is not a 200."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


class Servers(Protocol):
    """Clusters, real or emulated."""

    def address(self, cluster: str) -> str:
        """The URL of a cluster."""
        ...

    @property
    def transports(self) -> Mapping[str, object]:
        """In-process transports; empty for real servers."""
        ...

    async def call(self, cluster: str, method: str, path: str, body: object = None) -> Any:
        """Do something behind the tool's back. Raises `Refused`."""
        ...

    async def stop(self, cluster: str) -> None:
        """Kill a cluster."""
        ...

    async def start(self, cluster: str) -> None:
        """Start it again from what it kept."""
        ...


@dataclass
class PeeringLab(UseCases):
    """One configuration with one peering, whose names on both ends carry a tag of its own. `one` accepts."""

    servers: Servers
    folder: Path
    tag: str
    one: str = "dc1"
    other: str = "dc2"
    more: str = ""
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.declare()

    @property
    def names(self) -> dict[str, str]:
        """Each end's local name for the other."""
        return {self.one: f"{self.other}-{self.tag}", self.other: f"{self.one}-{self.tag}"}

    def declare(self, *, peering: bool = True) -> None:
        """Write the configuration; without the peering something else must be left in it."""
        lines = ["clusters:"]
        lines += [f'  {name}: {{address: "{self.servers.address(name)}"}}' for name in (self.one, self.other)]
        named = ", ".join(f"{name}: {peer}" for name, peer in self.names.items())
        if peering:
            lines.append(f"peerings: [{{between: [{self.one}, {self.other}], names: {{{named}}}}}]")
        (self.folder / "main.yaml").write_text("\n".join([*lines, self.more]) + "\n")

    def options(self, **more: Any) -> app.Options:
        return app.Options(root=self.folder, environ={}, transports=self.servers.transports, **more)

    # Rows, by hand

    async def row(self, cluster: str) -> Row | None:
        """This configuration's row on a cluster."""
        rows = await self.servers.call(cluster, "GET", "/v1/peerings")
        return next((row for row in rows if row["Name"].lower() == self.names[cluster]), None)

    async def rows(self) -> dict[str, Row | None]:
        return {name: await self.row(name) for name in (self.one, self.other)}

    async def marks(self) -> dict[str, tuple[str, int] | None]:
        """What moves with every write: ID and ModifyIndex of both rows."""
        return {n: (r["ID"], r["ModifyIndex"]) if r else None for n, r in (await self.rows()).items()}

    async def states(self) -> tuple[str, str]:
        """The states of the accepting and the dialing end as declared; `gone` without a row."""
        one, other = await self.row(self.one), await self.row(self.other)
        return (one["State"] if one else "gone", other["State"] if other else "gone")

    async def token(self, cluster: str | None = None, **more: Any) -> str:
        name = cluster or self.one
        body = {"PeerName": self.names[name], **more}
        return str((await self.servers.call(name, "POST", "/v1/peering/token", body))["PeeringToken"])

    async def establish(self, token: str, cluster: str | None = None) -> None:
        name = cluster or self.other
        body = {"PeerName": self.names[name], "PeeringToken": token}
        await self.servers.call(name, "POST", "/v1/peering/establish", body)

    async def delete(self, *clusters: str) -> None:
        await asyncio.gather(
            *(self.servers.call(name, "DELETE", f"/v1/peering/{self.names[name]}") for name in clusters)
        )

    async def until(
        self, what: Callable[[tuple[str, str]], bool], patience: float = PATIENCE
    ) -> tuple[str, str]:
        """Wait until the two states are so; gives them."""
        states = ("", "")

        async def holds() -> bool:
            nonlocal states
            states = await self.states()
            return what(states)

        await eventually(holds, lambda: f"{self.tag}: still {states}", patience)
        return states

    # What is expected

    async def planned(self) -> Change:
        """The one action of the plan."""
        plan = await self.plan()
        assert len(plan.actions) == 1, f"{self.tag}: {[str(c.address) for c in plan.changes]} {plan.deferred}"
        return plan.actions[0]

    async def expects(self, action: Action, reason: Reason, *words: str) -> Change:
        """The plan has this action for this reason, and says so in these words."""
        change = await self.planned()
        assert (change.action, change.reason) == (action, reason), f"{self.tag}: {change.why}"
        for word in words:
            assert word in change.why, f"{self.tag}: {change.why}"
        return change

    async def converges(self) -> None:
        """One apply brings both ends up; a second one finds nothing to do and moves nothing."""
        applied = await self.apply()
        outcome = applied.outcome
        assert outcome is not None, f"{self.tag}: nothing was done"
        assert not outcome.failed, f"{self.tag}: {outcome.failed[0].error.message}"
        assert not outcome.skipped, f"{self.tag}: {outcome.skipped[0].because}"
        await self.is_stable()

    async def is_stable(self) -> None:
        """Both ends are up, nothing is planned, nothing drifted, and an apply moves nothing."""
        states = await self.states()
        assert states == ("ACTIVE", "ACTIVE"), f"{self.tag}: {states}"
        before = await self.settled_marks()
        again = await self.apply()
        assert again.outcome is None, f"{self.tag}: {[c.action for c in again.plan.actions]}"
        assert (await self.drift()).drifted == ()
        assert await self.marks() == before, f"{self.tag}: a second apply wrote"

    async def settled_marks(self) -> dict[str, tuple[str, int] | None]:
        """The marks once the servers themselves write no more: the first stream moves an accepting row."""
        before = await self.marks()
        while True:
            await asyncio.sleep(0.5)
            after = await self.marks()
            if after == before:
                return after
            before = after

    async def removed(self) -> None:
        """Destroy leaves no row."""
        await self.apply(Mode.DESTROY)
        assert await self.states() == ("gone", "gone")


def error_of(applied: app.ApplyResult) -> ProviderError:
    """The error of an apply's only failure."""
    assert applied.outcome is not None
    (failed,) = applied.outcome.failed
    return failed.error
