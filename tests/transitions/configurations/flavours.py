"""Flavours: which servers a trial runs on, and the clusters that its configurations declare on them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator import ClusterSpec, World
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.versions import parse_version
from tests.support.virtual import Clock

Config = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Flavour:
    """`clusters` is the section of that name; `homes` says on which server each one is, and its partition;
    `spaces` the namespace that a cluster has besides its own, if there is one."""

    name: str
    specs: tuple[ClusterSpec, ...]
    clusters: Mapping[str, Mapping[str, Any]]
    homes: Mapping[str, tuple[str, str]]
    spaces: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The declared clusters."""
        return tuple(self.clusters)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The clusters that can peer with each other: those on different servers."""
        names = self.names
        both = ((one, other) for number, one in enumerate(names) for other in names[number + 1 :])
        return [(one, other) for one, other in both if self.homes[one][0] != self.homes[other][0]]

    def at_least(self, minor: int) -> bool:
        """Whether all servers are of this version or newer."""
        return all(parse_version(spec.version).at_least(minor) for spec in self.specs)

    def world(self, clock: Clock) -> World:
        """Fresh servers."""
        return World(self.specs, clock=clock, delays=False, rng=random.Random(7), log=0)

    def cluster(self, world: World, name: str) -> Cluster:
        """A declared cluster as the servers have it."""
        server, partition = self.homes[name]
        return world.clusters[server if partition == "default" else f"{server}:{partition}"]


def community(version: str) -> Flavour:
    """Three clusters of one version."""
    specs = tuple(ClusterSpec(f"dc{n}", version=version, port=8480 + 20 * n) for n in (1, 2, 3))
    clusters = {spec.name: {"address": f"http://127.0.0.1:{spec.port}"} for spec in specs}
    return Flavour(version, specs, clusters, {name: (name, "default") for name in clusters})


def enterprise(version: str) -> Flavour:
    """Two partitions of one server, one of them with a namespace, and one of another."""
    specs = (
        ClusterSpec("dc1", version=f"{version}+ent", port=8500, partitions=("team", "team:finance")),
        ClusterSpec("dc3", version=f"{version}+ent", port=8520, partitions=("west",)),
    )
    clusters = {
        "dc1": {"address": "http://127.0.0.1:8500"},
        "team": {"address": "http://127.0.0.1:8500", "partition": "team"},
        "west": {"address": "http://127.0.0.1:8520", "partition": "west"},
    }
    homes = {"dc1": ("dc1", "default"), "team": ("dc1", "team"), "west": ("dc3", "west")}
    return Flavour(f"{version}+ent", specs, clusters, homes, {"team": "finance"})


def flavour(text: str) -> Flavour:
    """The flavour of a version as it is written on the command line: `1.20`, `1.20+ent`."""
    version, plus, _ = text.partition("+")
    return enterprise(version) if plus else community(version)
