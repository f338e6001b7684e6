"""The least policy put to the proof: on the sandbox and on real servers alike.

`Guarded` is a set of clusters with ACLs and a folder with a configuration. Each run uses tokens that hold
exactly the given rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from reconciler import app
from reconciler.model.event import Event
from reconciler.model.plan import Mode, Plan, Selection

Call = Callable[[str, str, str, object], Any]  # cluster, method, path, body: as the management token
Rules = Mapping[str, Sequence[str]]


@dataclass
class Guarded:
    """Clusters with ACLs that deny by default; `call` acts with the management token."""

    folder: Path
    addresses: Mapping[str, str]
    call: Call
    transports: Mapping[str, object] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    def options(self) -> app.Options:
        return app.Options(
            root=self.folder,
            variables=dict(self.addresses),
            environ=self.environ,
            transports=self.transports,
        )

    async def least(self, *, read_only: bool = False) -> dict[str, list[str]]:
        """The rules that the product asks for, by cluster."""
        found = await app.policies(self.options(), read_only=read_only)
        return {name: [grant.rule for grant in grants] for name, grants in found.items()}

    def hold(self, rules: Rules) -> None:
        """From now on use tokens that hold these rules and no others."""
        self.environ.clear()
        for name in self.addresses:
            policy = {"Name": f"p-{uuid4()}", "Rules": "\n".join(rules.get(name, ()))}
            self.call(name, "PUT", "/v1/acl/policy", policy)
            token = self.call(name, "PUT", "/v1/acl/token", {"Policies": [{"Name": policy["Name"]}]})
            self.environ[f"RECONCILER_TOKEN_{name.upper()}"] = token["SecretID"]

    async def plan(self, mode: Mode = Mode.NORMAL) -> Plan:
        return (await app.plan(self.options(), mode, Selection())).plan

    async def apply(self, mode: Mode = Mode.NORMAL) -> app.Applied:
        events: list[Event] = []
        return await app.apply(
            self.options(), mode, Selection(), approve=lambda _: True, observe=events.append, stop=app.Stop()
        )

    async def whole_walk(self) -> None:
        """Plan, apply, plan again, destroy: all of it must work."""
        await self.must(Mode.NORMAL)
        again = await self.plan()
        assert not again.has_changes, [str(change.address) for change in again.actions]
        assert not again.deferred, again.deferred
        await self.must(Mode.DESTROY)
        assert (await app.show_state(self.options())).resources == {}

    async def must(self, mode: Mode) -> None:
        done = await self.apply(mode)
        assert not done.plan.deferred, done.plan.deferred
        assert not any(change.blocked for change in done.plan.actions), [
            (str(change.address), change.blocked) for change in done.plan.actions
        ]
        assert done.outcome is not None
        assert done.outcome.failed == (), [(str(f.address), str(f.error)) for f in done.outcome.failed]
        assert done.outcome.skipped == ()


def told(plan: Plan) -> str:
    """All that a plan says of missing rules."""
    said = [change.blocked for change in plan.actions]
    said += [f"{item.because} {item.hint}" for item in plan.deferred]
    said += [f"{seen.problem} {seen.hint}" for seen in plan.clusters.values()]
    return "\n".join([*said, *plan.warnings])


def named(rule: str) -> str:
    """What a rule is about: `service "api"`, `mesh`."""
    return rule.partition(" {")[0] if "{" in rule else rule.partition(" =")[0]


def without(rules: Rules, cluster: str, number: int) -> dict[str, list[str]]:
    """The rules without one."""
    return {
        name: [rule for place, rule in enumerate(found) if (name, place) != (cluster, number)]
        for name, found in rules.items()
    }


def reader(value: bytes) -> Any:
    """A body as JSON, or nothing."""
    return json.loads(value) if value.strip() else None
