"""Configurations that go into each other on three real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reconciler import app
from reconciler.model.failure import Failure
from reconciler.model.guarding.limits import Allowed
from reconciler.model.plan import Mode, Plan, Selection
from tests.support.agents import Agent
from tests.transitions.configurations.flavours import Flavour, community
from tests.transitions.lab import asked_for, problems
from tests.transitions.trial import steps

# Each kind before what it needs.
KINDS = (
    *("exported-services", "service-intentions", "jwt-provider", "ingress-gateway", "terminating-gateway"),
    *("service-router", "service-splitter", "service-resolver", "service-defaults", "proxy-defaults", "mesh"),
)


def flavour_of(version: str, agents: Sequence[Agent]) -> Flavour:
    """The flavour of that version whose clusters are these servers."""
    addresses = {agent.datacenter: {"address": agent.address} for agent in agents}
    return replace(community(version), clusters=addresses)


@dataclass
class Field:
    """Three servers and a folder. `problems` is what did not go as promised, `plans` that of each leg."""

    agents: Sequence[Agent]
    folder: Path
    problems: list[str] = field(default_factory=list)
    plans: dict[str, Plan] = field(default_factory=dict)
    removals: int | None = None

    def goes(self, leg: str, text: str, mode: Mode = Mode.NORMAL) -> bool:
        """One apply, after which nothing is left to do."""
        (self.folder / "main.yaml").write_text(text)
        plan, problems = self._applied(mode)
        again = self._plan(mode) if not problems else None
        if again is not None and (again.has_changes or again.deferred):
            problems = [f"a second plan: {action}" for action in steps(again)]
        self.problems += [f"{leg}: {problem}" for problem in problems]
        if problems:
            self.problems += [f"{leg}: plan: {step}" for step in steps(plan)]
        self.plans[leg] = plan
        return not problems

    def _applied(self, mode: Mode) -> tuple[Plan, list[str]]:
        hooks: dict[str, Any] = {"approve": lambda planned: True, "observe": lambda event: None}
        try:
            done = asyncio.run(app.apply(self._options(), mode, Selection(), stop=app.Stop(), **hooks))
        except Failure as failure:
            removals = asked_for(failure)
            if removals in (None, self.removals):
                raise
            self.removals = removals
            return self._applied(mode)
        skipped = done.outcome.skipped if done.outcome is not None else ()
        return done.plan, problems(done) + [f"skipped: {event.address}" for event in skipped]

    def _plan(self, mode: Mode) -> Plan:
        return asyncio.run(app.plan(self._options(), mode, Selection())).plan

    def _options(self) -> app.Options:
        return app.Options(root=self.folder, environ={}, allowed=Allowed(self.removals))

    def left(self) -> list[str]:
        """Every entry and peering that the servers hold."""
        return [f"{agent.datacenter} {path}" for agent in self.agents for path in _held(agent)]

    def clear(self) -> None:
        """Remove what a failure left behind, past the product: in rounds, as one may refer to another."""
        for agent in self.agents:
            for _ in range(len(KINDS)):
                for path in _held(agent):
                    _removed(agent, path)


def _held(agent: Agent) -> list[str]:
    found: list[str] = []
    for kind in KINDS:
        try:
            entries: Any = agent.call("GET", f"/v1/config/{kind}")
        except OSError:  # a kind that this version does not have
            continue
        found += [f"/v1/config/{kind}/{entry.get('Name', 'mesh')}" for entry in entries or ()]
    rows: Any = agent.call("GET", "/v1/peerings")
    return found + [f"/v1/peering/{row['Name']}" for row in rows or ()]


def _removed(agent: Agent, path: str) -> None:
    try:
        agent.call("DELETE", path)
    except OSError:  # something refers to it: resolvers may refer to each other, so it lets go of others
        if path.startswith("/v1/config/service-resolver/"):
            found: Any = agent.call("GET", path)
            kept = {key: found[key] for key in ("Kind", "Name", "Subsets") if found.get(key)}
            agent.call("PUT", "/v1/config", kept)
