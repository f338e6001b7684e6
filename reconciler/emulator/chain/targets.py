"""The targets of one chain: made once, found by ID, and rewritten by redirects, subsets and failover."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.chain.graph import Target

Value = dict[str, Any]
DEFAULT_NAMESPACE = "default"


class Targets:
    """Every target that a chain came by; `retained` are those that a resolver ended at."""

    def __init__(self, namespace: str, partition: str, datacenter: str) -> None:
        self.namespace, self.partition, self.datacenter = namespace, partition, datacenter
        self.known: dict[str, Target] = {}
        self.retained: set[str] = set()

    def make(self, service: str, **parts: str) -> Target:
        """Return the target with these parts; of a peer there is neither datacenter nor partition."""
        peer = parts.get("peer", "")
        if peer:
            namespace = parts.get("namespace") or DEFAULT_NAMESPACE
            partition, datacenter = self.partition, ""
        else:
            namespace = parts.get("namespace") or self.namespace
            partition = parts.get("partition") or self.partition
            datacenter = parts.get("datacenter") or self.datacenter
        subset = parts.get("subset", "")
        target = Target(service, subset, namespace, partition, datacenter, peer)
        return self.known.setdefault(target.id, target)

    def rewritten(self, target: Target, change: Value) -> Target:
        """Return the target that a redirect, a default subset or a failover makes of this one.

        Another service starts without the subset. A peer stays only where the change names it.
        """
        service, subset = target.service, target.subset
        if change.get("Service") and change["Service"] != service:
            service, subset = change["Service"], ""
        peer = change.get("Peer", "")
        namespace = change.get("Namespace", "") if change.get("Namespace") or peer else target.namespace
        return self.make(
            service,
            subset=change.get("ServiceSubset") or subset,
            namespace=namespace,
            partition=change.get("Partition") or target.partition,
            datacenter=change.get("Datacenter") or target.datacenter,
            peer=peer,
        )

    def kept(self) -> dict[str, Target]:
        """Return the retained targets by ID."""
        return {key: target for key, target in self.known.items() if key in self.retained}
