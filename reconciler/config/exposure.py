"""Exposure: which cluster may see which service, as the declared exports say."""

from __future__ import annotations

from reconciler.config.drafts import Draft, Drafts
from reconciler.config.fields import get, maps
from reconciler.config.links import Links


class Exposure:
    """An index over all exported-services entries."""

    def __init__(self, drafts: Drafts, links: Links) -> None:
        self.links = links
        self.entries: dict[str, Draft] = {}
        self._aliases: dict[str, dict[str, list[str]]] = {}
        self._managed = {d.address.cluster for d in drafts if d.raw or d.address.type == "exported_services"}
        for draft in drafts:
            if draft.address.type == "exported_services":
                self._add(draft)

    def _add(self, draft: Draft) -> None:
        here = draft.address.cluster
        self.entries[here] = draft
        services = self._aliases.setdefault(here, {})
        for _, service in maps(get(draft.body, "Services")):
            consumers = (get(consumer, "Peer") for _, consumer in maps(get(service, "Consumers")))
            names = [peer for peer in consumers if isinstance(peer, str) and peer]
            services.setdefault(str(get(service, "Name")), []).extend(names)

    def manages(self, cluster: str) -> bool:
        """Whether this configuration says anything about what a cluster exports."""
        return cluster in self._managed

    def consumers(self, cluster: str, service: str) -> list[str]:
        """The local names of the peers that see a service; of `*`: those that see any."""
        services = self._aliases.get(cluster, {})
        lists = services.values() if service == "*" else (services.get(service, []), services.get("*", []))
        return list(dict.fromkeys(name for names in lists for name in names))

    def sees(self, here: str, service: str, there: str) -> bool:
        """Whether the cluster `here` may see a service of `there`."""
        alias = self.links.alias(there, here)
        services = self._aliases.get(there, {})
        return alias in services.get(service, ()) or alias in services.get("*", ())
