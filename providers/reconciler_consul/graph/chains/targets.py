"""Targets: the places where a chain's traffic ends, and what a redirect or a failover makes of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler_consul.graph.body import text
from reconciler_consul.graph.where import DEFAULT, Place

HERE = "dc1"  # servers put every chain together as if they were there, to try it


class Target(NamedTuple):
    """A place where traffic ends."""

    service: str
    subset: str = ""
    namespace: str = DEFAULT
    partition: str = DEFAULT
    datacenter: str = HERE
    peer: str = ""

    @property
    def id(self) -> str:
        """Consul's name for it."""
        if self.peer:
            return f"{self.service}.{self.namespace}.{self.partition}.external.{self.peer}"
        start = f"{self.subset}." if self.subset else ""
        return f"{start}{self.service}.{self.namespace}.{self.partition}.{self.datacenter}"


class Targets:
    """The targets of one chain, which is that of a service at a place: each there once."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._known: dict[str, Target] = {}

    def named(self, service: str, where: Mapping[str, Any] | None = None) -> Target:
        """Return the target that a route or a split names; what it leaves out is taken from the chain's
        place.
        """
        where = where or {}
        return self._one(
            Target(
                service,
                text(where.get("ServiceSubset")),
                text(where.get("Namespace")) or self.place.namespace,
                text(where.get("Partition")) or self.place.partition,
            )
        )

    def rewritten(self, target: Target, change: Mapping[str, Any]) -> Target:
        """Return the target that a redirect, a default subset or a failover makes of one. Another service
        starts without the subset; a peer stays only where the change names it.
        """
        service = text(change.get("Service")) or target.service
        subset = text(change.get("ServiceSubset")) or (target.subset if service == target.service else "")
        namespace = text(change.get("Namespace"))
        peer = text(change.get("Peer"))
        if peer:
            return self._one(Target(service, subset, namespace or DEFAULT, self.place.partition, "", peer))
        partition = text(change.get("Partition")) or target.partition
        datacenter = text(change.get("Datacenter")) or target.datacenter or HERE
        return self._one(Target(service, subset, namespace or target.namespace, partition, datacenter))

    def _one(self, target: Target) -> Target:
        return self._known.setdefault(target.id, target)
