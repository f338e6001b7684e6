"""A tiny second provider: keeps objects in memory. Proves that the plugin road needs nothing of Consul."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.sdk.address import Address
from reconciler.sdk.errors import Conflict, DoesNotFit, NotSent, ProviderError
from reconciler.sdk.kinds import Foreign, KeyedBy, Kind, Rule
from reconciler.sdk.provider import (
    Applied,
    ClusterConfig,
    ClusterInfo,
    Condition,
    Observation,
    Present,
    Reading,
    Report,
    Settings,
    Step,
    Unknown,
    Verb,
    Wanted,
)

KINDS = {
    "link": Kind(
        "link",
        20,
        Rule({"Names": Rule(is_map=True), "Meta": Rule(is_map=True)}),
        replaces=frozenset({"Names"}),
        frozen=frozenset({"Meta"}),
        repeatable=False,
        symmetric=True,
    ),
    "entry": Kind("entry", 30, Rule({"Stamp": Rule(server=True), "Open": Rule(), "Size": Rule()})),
    "share": Kind(
        "share",
        80,
        Rule(
            {
                "Items": Rule(
                    keyed=KeyedBy(("Name",), Foreign.KEEP),
                    each=Rule({"To": Rule(keyed=KeyedBy(("Peer",), Foreign.REMOVE))}),
                )
            }
        ),
        container="Items",
    ),
}


class MemoryServers:
    """All clusters' objects, and what was written to them. Shared by every provider made from it."""

    def __init__(self) -> None:
        self.objects: dict[Address, dict[str, Any]] = {}
        self.versions: dict[Address, int] = {}
        self.conditions: dict[Address, tuple[Condition, str]] = {}
        self.down: set[str] = set()
        self.unreadable: set[Address] = set()
        self.writes: list[tuple[str, str]] = []
        self.faults: dict[Address, list[ProviderError]] = {}
        self.before_write: Callable[[Address], None] | None = None
        self.after_write: Callable[[Address], None] | None = None
        self.ids: dict[str, str] = {}
        self.judge: Callable[[Step], str] = lambda step: ""  # why a write does not fit what stands
        self.tells_versions = True

    def put(self, address: str | Address, body: Mapping[str, Any]) -> None:
        """Write behind everybody's back."""
        where = address if isinstance(address, Address) else Address.parse(address)
        self.objects[where] = copy.deepcopy(dict(body))
        self.versions[where] = self.versions.get(where, 0) + 1

    def factory(self, clusters: Mapping[str, ClusterConfig], settings: Settings) -> MemoryProvider:
        return MemoryProvider(self, clusters)


class MemoryProvider:
    """Reads and writes a `MemoryServers`."""

    def __init__(self, world: MemoryServers, clusters: Mapping[str, ClusterConfig]) -> None:
        self.world = world
        self.clusters = clusters
        self.requests = 0

    def kind_of(self, type_: str) -> Kind | None:
        return KINDS.get(type_)

    async def read(self, wanted: Sequence[Wanted]) -> Reading:
        self.requests += len(self.clusters)
        clusters: dict[str, ClusterInfo | ProviderError] = {
            name: NotSent(f"{name} did not answer", cluster=name)
            if name in self.world.down
            else ClusterInfo(name, config.address, "1.0", self.world.ids.get(name, f"id-{name}"))
            for name, config in self.clusters.items()
        }
        return Reading({w.address: self._see(w.address) for w in wanted}, clusters, len(self.clusters))

    def _see(self, address: Address) -> Observation:
        for name in (address.cluster, address.name):
            if name in self.world.down:
                return Unknown(NotSent(f"{name} did not answer", cluster=name))
        if address in self.world.unreadable:
            return Unknown(NotSent("the list was filtered", cluster=address.cluster))
        body = self.world.objects.get(address)
        if body is None:
            return None
        condition, why = self.world.conditions.get(address, (Condition.READY, ""))
        return Present(copy.deepcopy(body), self.world.versions[address], {}, condition, why)

    async def perform(self, step: Step, report: Report) -> Applied:
        self.requests += 1
        if self.world.before_write is not None:
            self.world.before_write(step.address)
        waiting = self.world.faults.get(step.address)
        if waiting:
            raise waiting.pop(0)
        if step.address.cluster in self.world.down:
            raise NotSent(f"{step.address.cluster} did not answer", cluster=step.address.cluster)
        refused = self.world.judge(step)
        if refused:
            raise DoesNotFit(refused, cluster=step.address.cluster)
        self.world.writes.append((step.verb.value, str(step.address)))
        self._check_unchanged(step)
        applied = self._write(step)
        if self.world.after_write is not None:
            self.world.after_write(step.address)
        return applied

    def _check_unchanged(self, step: Step) -> None:
        """Raise `Conflict` where an object is not as the plan saw it."""
        there = self.world.objects.get(step.address) is not None
        if step.verb is Verb.UPDATE:
            changed = self.world.versions.get(step.address) != step.expected_version
        else:
            half_made = step.address in self.world.conditions  # creating it again resumes
            changed = step.verb is Verb.CREATE and there and not half_made
        if changed:
            raise Conflict("somebody else wrote", cluster=step.address.cluster)

    def _write(self, step: Step) -> Applied:
        if step.after is None:
            self.world.objects.pop(step.address, None)
            return Applied()
        self.world.conditions.pop(step.address, None)
        self.world.put(step.address, step.after)
        return Applied(version=self.world.versions[step.address] if self.world.tells_versions else None)

    async def close(self) -> None:
        return None
