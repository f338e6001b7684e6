"""All drafts of a configuration by their addresses, before their references are bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from reconciler.config.clusters.declared import ClusterSet
from reconciler.config.drafts.draft import Draft
from reconciler.config.text.document import Place
from reconciler.model.diagnostic import Diagnostic
from reconciler.sdk.address import Address
from reconciler.sdk.consul import CONSUL, entry_kinds
from reconciler.sdk.scope import unscoped


class Drafts:
    """All drafts by address, with the clusters they are for. The same object twice is a problem."""

    def __init__(self, cluster_set: ClusterSet, problems: list[Diagnostic]) -> None:
        self.cluster_set = cluster_set
        self.problems = problems
        self.by_address: dict[Address, Draft] = {}
        self._folded: dict[Address, Draft] = {}

    def __iter__(self) -> Iterator[Draft]:
        return iter(self.by_address.values())

    def add(self, draft: Draft) -> bool:
        """Take a draft in; `False` where the object is already declared, which is noted."""
        if draft.raw or draft.scoped:
            cluster = self.cluster_set.clusters.get(draft.address.cluster)
            own = cluster.partition if cluster is not None else None
            draft.body = unscoped(draft.body, draft.address, own)
        first = self._folded.setdefault(self._identity(draft.address), draft)
        if first is draft:
            self.by_address[draft.address] = draft
            return True
        related = ((first.key.position, "first declared here"),)
        summary, hint = f"{draft.address} is declared twice", "merge the two"
        if first.address != draft.address:
            summary = f"{draft.address} and {first.address} are one object: Consul ignores case in names"
            hint = "merge the two, or give one another name"
        self.problems.append(
            draft.key.problem("duplicate", summary, hint, related=related, address=str(draft.address))
        )
        return False

    def _identity(self, address: Address) -> Address:
        """Return what all spellings of an object's name have in common: Consul holds one object under
        them.
        """
        cluster = self.cluster_set.clusters.get(address.cluster)
        exact = address.name.islower() or address.type == "peering"  # those are named by clusters
        if exact or cluster is None or cluster.provider != CONSUL:
            return address
        return replace(address, name=address.name.lower())

    def get(self, type_: str, cluster: str, name: str) -> Draft | None:
        """Return the draft of a cluster's object in its default partition and namespace."""
        return self.by_address.get(self.address(type_, cluster, name))

    def spelled(self, address: Address) -> Draft | None:
        """Return the draft at an address, in any letter case of its name, or `None`."""
        return self._folded.get(self._identity(address))

    def address(
        self,
        type_: str,
        cluster: str,
        name: str,
        partition: str | None = None,
        namespace: str | None = None,
    ) -> Address:
        """Return an address on a cluster; partition and namespace default to those of the cluster.

        "default" names what an entry without that field is in, so both are one address. What a partition
        shares has no namespace.
        """
        known = self.cluster_set.clusters.get(cluster)
        partition = _unless_default(partition, known.partition if known is not None else None)
        usual = known.namespace if known is not None else None
        usual = usual if usual is not None and is_namespaced(type_, name) else None
        namespace = _unless_default(namespace, usual)
        if namespace is not None and partition is None:
            partition = "default"  # an address shows its namespace only behind a partition
        return Address(type_, cluster, name, partition, namespace)

    def beside(self, near: Address, type_: str, name: str) -> Address:
        """Return the address of an object in the partition and, where it has one, the namespace of
        another.
        """
        namespace = near.namespace if is_namespaced(type_, name) else None
        return self.address(type_, near.cluster, name, near.partition, namespace)

    def problem(self, place: Place, code: str, summary: str, hint: str = "", **more: Any) -> None:
        """Note a problem at a place."""
        self.problems.append(place.problem(code, summary, hint, **more))


def is_namespaced(type_: str, name: str) -> bool:
    """Say whether Enterprise keeps such an object in a namespace, rather than in a whole partition."""
    return type_ != "peering" and entry_kinds.is_namespaced(entry_kinds.kind_of(type_, name))


def _unless_default(given: str | None, usual: str | None) -> str | None:
    return usual if given is None or (given == "default" and usual is None) else given
