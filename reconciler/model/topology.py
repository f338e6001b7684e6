"""What `graph` draws: a topology with what the configuration and a plan say of it, and dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.model.access import WorldSource
from reconciler.model.change import Action
from reconciler.sdk.access.answer import Answer
from reconciler.sdk.access.topology import Topology
from reconciler.sdk.address import Address
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class TopologyResult:
    """A topology to draw.

    source, file, taken_at   where the world comes from, as of an `AccessResult`
    groups     the group that each cluster is drawn in, by cluster; one that is missing has none
    actions    what a plan does to objects; without a plan nothing
    undecided  objects of which a plan does not say what becomes of them
    flows      calls between clusters that may be answered, where they were asked for (`None`: they were not)
    """

    topology: Topology
    source: WorldSource = WorldSource.DECLARED
    file: str = ""
    taken_at: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[Address, Action] = field(default_factory=dict)
    undecided: frozenset[Address] = frozenset()
    flows: tuple[Answer, ...] | None = None


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Resources and what each depends on, in order; `actions` are those of a plan."""

    edges: Mapping[Address, tuple[Address, ...]]
    actions: Mapping[Address, Action] = field(default_factory=dict)
