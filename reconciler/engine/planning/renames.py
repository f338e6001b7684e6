"""Renamed clusters: recorded under a name that is no longer declared, at an address that is declared still.

A cluster's name is the configuration's own; the server does not know it. So what is recorded moves along,
and only what the name is part of on the servers (the default names of peers) is left for the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.engine.planning.clusters import held_clusters
from reconciler.model.desired import Cluster
from reconciler.model.state import Recorded, RecordedCluster, State
from reconciler.sdk.address import Address
from reconciler.sdk.kinds import Kind

Names = Mapping[str, str]
Kinds = Mapping[tuple[str, str], Kind]


def renamed_clusters(declared: Mapping[str, Cluster], state: State) -> dict[str, str]:
    """Return recorded name -> declared name. Only where it is certain: one new name, of which nothing is
    recorded unless a run that died had begun to move it.
    """
    held = held_clusters(state)
    by_place: dict[tuple[str, str | None], list[str]] = {}
    for name, cluster in declared.items():
        by_place.setdefault((cluster.address, cluster.partition), []).append(name)
    out = {}
    for name in sorted(state.clusters.keys() - declared.keys()):
        seen = state.clusters[name]
        found = by_place.get((seen.address, seen.partition), [])
        if len(found) != 1:
            continue
        begun = _is_same(state.clusters.get(found[0]), seen)
        if begun or (name in held and found[0] not in held):
            out[name] = found[0]
    return out


def _is_same(one: RecordedCluster | None, other: RecordedCluster) -> bool:
    """Say whether two recorded names are of one cluster. Declared, they never are (`one-cluster`)."""
    return one is not None and replace(one, name=other.name, extra={}) == replace(other, extra={})


def under_new_names(state: State, names: Names, kinds: Kinds) -> tuple[State, dict[Address, Address]]:
    """Return the state with everything of these clusters under their new names, and which address became
    which.
    """
    if not names:
        return state, {}
    became = {
        address: _address(address, names, kinds.get((entry.provider, address.type)))
        for address, entry in state.resources.items()
    }
    resources = dict(_entry(entry, names, became, kinds) for entry in state.resources.values())
    clusters = {name: seen for name, seen in state.clusters.items() if name not in names}
    clusters.update((names[old], replace(state.clusters[old], name=names[old])) for old in names)
    renamed = {old: new for old, new in became.items() if old != new}
    return replace(state, clusters=clusters, resources=resources), renamed


def _address(address: Address, names: Names, kind: Kind | None) -> Address:
    cluster = names.get(address.cluster, address.cluster)
    name = names.get(address.name, address.name) if kind is not None and kind.symmetric else address.name
    return replace(address, cluster=cluster, name=name)


def _entry(
    entry: Recorded, names: Names, became: Mapping[Address, Address], kinds: Kinds
) -> tuple[Address, Recorded]:
    kind = kinds.get((entry.provider, entry.address.type))
    fields = kind.cluster_fields if kind is not None else frozenset()
    body = {key: named(value, names) if key in fields else value for key, value in entry.body.items()}
    needs = tuple(became.get(needed, needed) for needed in entry.depends_on)
    address = became[entry.address]
    return address, replace(entry, address=address, body=body, depends_on=needs)


def named(value: Any, names: Names) -> Any:
    """Rename a text that is a cluster's name, or an object whose keys are."""
    if isinstance(value, Mapping):
        return {names.get(key, key): one for key, one in value.items()}
    return names.get(value, value) if isinstance(value, str) else value
