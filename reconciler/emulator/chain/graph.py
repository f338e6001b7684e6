"""The parts of a compiled discovery chain: targets, nodes and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

Value = dict[str, Any]


@dataclass(slots=True)
class Target:
    """One place where traffic can end."""

    service: str
    subset: str = ""
    namespace: str = "default"
    partition: str = "default"
    datacenter: str = ""
    peer: str = ""
    connect_timeout: int = 0
    definition: Value = field(default_factory=dict)
    external_sni: str = ""
    mesh_gateway: str = ""
    dialed_directly: bool = False

    @property
    def id(self) -> str:
        """Return Consul's target ID."""
        if self.peer:
            return f"{self.service}.{self.namespace}.{self.partition}.external.{self.peer}"
        start = f"{self.subset}." if self.subset else ""
        return f"{start}{self.service}.{self.namespace}.{self.partition}.{self.datacenter}"


class Edge(NamedTuple):
    """A way on from a router or splitter: its definition, the next node's key and, of splits, the weight."""

    definition: Value
    key: str
    weight: float = 0.0


@dataclass(slots=True)
class Node:
    """One node of the compiled graph."""

    type: str
    name: str
    next: list[Edge] = field(default_factory=list)
    target: str = ""
    default: bool = False
    connect_timeout: int = 0
    request_timeout: int = 0
    failover: list[str] = field(default_factory=list)
    balancer: Value | None = None

    @property
    def key(self) -> str:
        """Return the key of the node in the graph."""
        return f"{self.type}:{self.name}"
