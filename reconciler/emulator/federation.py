"""WAN federation: a secondary datacenter copies config entries and ACLs from its primary.

As in Consul's agent/consul/config_replication.go and acl_replication.go (1.13 to 1.22): whenever the primary
changes, at most five times at once and then once a second; never exported-services, never local tokens. The
copies have the secondary's own indexes. What is written goes to the primary (`Context.ask_primary`).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import Store
from reconciler.emulator.entries.store import drop_entry, put_entry
from reconciler.emulator.wire.messages import Json

BURST = 5.0
PER_S = 1.0
NOT_COPIED = "exported-services"
Row = dict[str, Json]


@dataclass(slots=True)
class Copier:
    """What copies one kind of thing to one secondary, no oftener than its rounds allow."""

    world: WorldState
    primary: Cluster
    secondary: Cluster
    table: str
    rounds: float = BURST
    counted: float = 0.0
    due: bool = False

    def changed(self, table: str) -> None:
        """Copy soon; rounds that are spent come back with time."""
        if table != self.table or self.due:
            return
        self.due = True
        now = self.world.clock()
        self.rounds = min(BURST, self.rounds + (now - self.counted) * PER_S)
        self.counted = now
        self.rounds -= 1.0
        self.world.later(max(0.0, -self.rounds / PER_S), self._round)

    def _round(self) -> None:
        self.due = False
        if not self.world.faults.reachable(self.primary.name, self.secondary.name):
            self.world.later(1.0 / PER_S, partial(self.changed, self.table))
            return
        copy_entries(self.primary.store, self.secondary.store)
        copy_acls(self.primary.store, self.secondary.store)


def attach(world: WorldState, cluster: Cluster) -> None:
    """Have a secondary follow its primary."""
    primary = world.clusters[cluster.primary]
    if primary is not cluster:
        for table in ("config", "acl"):
            primary.store.listeners.append(Copier(world, primary, cluster, table).changed)


def copy_entries(source: Store, target: Store) -> None:
    """Make the config entries of `target` those of `source`."""
    for kind in {*source.entries, *target.entries} - {NOT_COPIED}:
        theirs, ours = source.entries.get(kind, {}), target.entries.get(kind, {})
        for gone in [entry for key, entry in ours.items() if key not in theirs]:
            drop_entry(target, gone)
        for key, entry in theirs.items():
            own = ours.get(key)
            if own is None or own.value != entry.value:
                put_entry(target, kind, entry.name, copy.deepcopy(entry.value))


def copy_acls(source: Store, target: Store) -> None:
    """Make the policies, roles and tokens of `target` those of `source`; local tokens stay as they are."""
    pairs = (
        (source.policies, target.policies),
        (source.roles, target.roles),
        (source.tokens, target.tokens),
    )
    for theirs, ours in pairs:
        for key in [key for key, row in ours.items() if key not in theirs and not row.get("Local")]:
            del ours[key]
            target.bump("acl")
        for key, row in theirs.items():
            if not row.get("Local") and ours.get(key, {}).get("Hash") != row["Hash"]:
                index = target.bump("acl")
                created = ours[key]["CreateIndex"] if key in ours else index
                ours[key] = {**copy.deepcopy(row), "CreateIndex": created, "ModifyIndex": index}
