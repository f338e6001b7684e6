"""Exposure: which cluster may see which service, as the declared exports say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.drafts.drafts import Drafts
from reconciler.config.drafts.links import Links
from reconciler.config.fields.lookup import get, maps


class Exposure:
    """An index over all exported-services entries."""

    def __init__(self, drafts: Drafts, links: Links) -> None:
        self.links = links
        self.cluster_set = drafts.cluster_set
        self.entries: dict[str, Draft] = {}
        self._partitions: dict[str, dict[str, set[str]]] = {}
        self._groups: set[tuple[str, str]] = set()
        self._aliases: dict[str, dict[str, list[str]]] = {}
        self._managed = {d.address.cluster for d in drafts if d.raw or d.address.type == "exported_services"}
        for draft in drafts:
            if draft.address.type == "exported_services":
                self._add(draft)

    def _add(self, draft: Draft) -> None:
        here = draft.address.cluster
        self.entries[here] = draft
        services = self._aliases.setdefault(here, {})
        partitions = self._partitions.setdefault(here, {})
        for _, service in maps(get(draft.body, "Services")):
            name, consumers = str(get(service, "Name")), maps(get(service, "Consumers"))
            services.setdefault(name, []).extend(_texts(consumers, "Peer"))
            partitions.setdefault(name, set()).update(_texts(consumers, "Partition"))
            if _texts(consumers, "SamenessGroup"):
                self._groups.add((here, name))

    def manages(self, cluster: str) -> bool:
        """Say whether this configuration says anything about what a cluster exports."""
        return cluster in self._managed

    def consumers(self, cluster: str, service: str) -> list[str]:
        """Return the local names of the peers that see a service; of `*`: those that see any."""
        services = self._aliases.get(cluster, {})
        lists = services.values() if service == "*" else (services.get(service, []), services.get("*", []))
        return list(dict.fromkeys(name for names in lists for name in names))

    def uses_groups(self, cluster: str, service: str) -> bool:
        """Say whether a service is exported to a sameness group, whose members are unknown."""
        return not self._groups.isdisjoint({(cluster, service), (cluster, "*")})

    def sees(self, here: str, service: str, there: str) -> bool:
        """Say whether the cluster `here` may see a service of `there`. The members of a sameness group are
        unknown.
        """
        alias, partition = self.links.alias(there, here), self.cluster_set.partition_of(there, here)
        services, partitions = self._aliases.get(there, {}), self._partitions.get(there, {})
        return any(
            alias in services.get(name, ())
            or partition in partitions.get(name, ())
            or (there, name) in self._groups
            for name in (service, "*")
        )


def _texts(items: list[tuple[int, Mapping[str, Any]]], name: str) -> list[str]:
    found = (get(item, name) for _, item in items)
    return [value for value in found if isinstance(value, str) and value]
