"""The least policy put to the proof: on the sandbox and on real servers alike.

`AclLab` is a set of clusters with ACLs and a folder with a configuration. Each run uses tokens that hold
exactly the given rules.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from reconciler import app
from reconciler.model.drifting.report import DriftChoice
from reconciler.model.event import Event
from reconciler.model.failure import ExitCode, Failure
from reconciler.model.plan import Mode, Plan, Selection
from tests.support.lab import UseCases

Call = Callable[[str, str, str, object], Any]  # cluster, method, path, body: as the management token
Rules = Mapping[str, Sequence[str]]


@dataclass
class AclLab(UseCases):
    """Clusters with ACLs that deny by default; `call` acts with the management token."""

    folder: Path
    addresses: Mapping[str, str]
    call: Call
    transports: Mapping[str, object] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def options(self, **more: Any) -> app.Options:
        return app.Options(
            root=self.folder,
            variables=dict(self.addresses),
            environ=self.environ,
            transports=self.transports,
            **more,
        )

    def declare(self, more: str) -> None:
        """Write the configuration: all clusters, and this."""
        clusters = "".join(f'  {n}: {{address: "{a}"}}\n' for n, a in self.addresses.items())
        (self.folder / "main.yaml").write_text(f"clusters:\n{clusters}{more}")

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

    async def whole_walk(self) -> None:
        """Plan, apply, plan again, look for drift, rotate, destroy: all of it must work."""
        await self.must(Mode.NORMAL)
        again = await self.plan()
        assert not again.has_changes, [str(change.address) for change in again.actions]
        assert not again.deferred, again.deferred
        seen = await self.drift()
        assert (seen.drifted, seen.deferred) == ((), ())
        if any(change.address.type == "peering" for change in again.changes):
            done(await self.rotate())
        await self.must(Mode.DESTROY)
        assert (await self.state()).resources == {}

    async def must(self, mode: Mode) -> None:
        done(await self.apply(mode))


def done(applied: app.ApplyResult) -> None:
    """All of it was done."""
    plan, outcome = applied.plan, applied.outcome
    assert not plan.deferred, plan.deferred
    blocked = [(str(change.address), str(change.blocked)) for change in plan.actions if change.blocked]
    assert not blocked
    assert outcome is not None
    assert outcome.failed == (), [(str(f.address), str(f.error)) for f in outcome.failed]
    assert outcome.skipped == ()


async def rotation_names_the_rule_before_the_first_write(guarded: AclLab) -> None:
    """Two peerings of dc1, and one that it has no part in; dc1's token may only read its peerings."""
    least = await guarded.least()
    guarded.hold(least)
    await guarded.must(Mode.NORMAL)
    before = await settled_rows(guarded)
    reading = [rule.replace("write", "read") if "peering" in rule else rule for rule in least["dc1"]]
    guarded.hold({**least, "dc1": reading})

    with pytest.raises(Failure) as refused:
        await guarded.rotate("peering.dc1/*")
    part = await guarded.rotate()

    assert refused.value.exit_code == ExitCode.REFUSED
    lacking = 'the token for dc1 lacks peering = "write"'
    assert f"peering.dc1/dc2: {lacking}" in refused.value.detail
    assert f"peering.dc1/dc3: {lacking}" in refused.value.detail
    assert 'peering = "write"' in refused.value.hint.splitlines()[1]
    assert "acl-policy --cluster dc1" in refused.value.hint
    assert {str(change.address): str(change.blocked or "") for change in part.plan.actions} == {
        "peering.dc1/dc2": lacking,
        "peering.dc1/dc3": lacking,
        "peering.dc2/dc3": "",
    }
    assert part.plan.warnings == (refused.value.hint,)
    assert part.outcome is not None
    assert (part.outcome.changed, part.outcome.failed) == (1, ())
    after = rows(guarded)
    untouched = {key for key, mark in before.items() if after[key] == mark}
    assert untouched == {key for key in before if "dc1" in key}
    guarded.hold(least)
    await guarded.must(Mode.DESTROY)


async def policies_of_others_are_listed(guarded: AclLab) -> None:
    """Those that nothing declares, where the token may list them, and none of Consul's own."""
    guarded.declare("acl_policies: {dc1: {shop-Ours: {rules: 'operator = \"read\"'}}}\n")
    guarded.hold({**await guarded.least(), "dc2": ['operator = "read"']})
    await guarded.must(Mode.NORMAL)
    theirs = {"Name": f"theirs-{uuid4()}", "Rules": 'key_prefix "a/" { policy = "read" }'}
    identifier = guarded.call("dc1", "PUT", "/v1/acl/policy", theirs)["ID"]

    found = await app.drift(guarded.options(), Selection(), DriftChoice(unmanaged=True))

    assert found.drift is not None
    listed = {str(one.address) for one in found.drift.items if one.address.type == "acl_policy"}
    assert f"acl_policy.dc1/{theirs['Name']}" in listed
    assert not [one for one in listed if "shop-ours" in one.lower() or "global-" in one]
    assert not [one for one in listed if one.startswith("acl_policy.dc2")]
    unread = [text for text in found.plan.warnings if "ACL policies" in text]
    assert [text.startswith("ACL policies of dc2 could not be read: ") for text in unread] == [True], unread
    guarded.call("dc1", "DELETE", f"/v1/acl/policy/{identifier}", None)
    await guarded.must(Mode.DESTROY)


async def settled_rows(guarded: AclLab) -> dict[tuple[str, str], tuple[str, int]]:
    """The rows once the servers themselves write no more: the first stream moves them."""
    before = rows(guarded)
    while True:
        await asyncio.sleep(0.5)
        after = rows(guarded)
        if after == before:
            return after
        before = after


def rows(guarded: AclLab) -> dict[tuple[str, str], tuple[str, int]]:
    """(Cluster, peering) -> what moves with every write."""
    return {
        (name, row["Name"]): (row["ID"], row["ModifyIndex"])
        for name in guarded.addresses
        for row in guarded.call(name, "GET", "/v1/peerings", None)
    }


def told(plan: Plan) -> str:
    """All that a plan says of missing rules."""
    said = [str(change.blocked or "") for change in plan.actions]
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
