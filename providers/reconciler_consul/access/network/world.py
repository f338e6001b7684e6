"""A world: clusters and the peerings between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler_consul.access.network.links import Links, Peer
from reconciler_consul.access.network.parsing import mapping_of
from reconciler_consul.access.network.site import Site
from reconciler_consul.worlds.form import NAMED


class Network:
    """The content of a snapshot, for asking. Raises `ValueError` where it is not one."""

    def __init__(self, world: Mapping[str, Any]) -> None:
        clusters = world.get("clusters") if isinstance(world, Mapping) else None
        if not isinstance(clusters, Mapping):
            raise ValueError('not a snapshot: it has no object "clusters"')
        self.links = Links(world.get("peerings"))
        is_ = {"taken": bool(world.get("taken_at")), "more": world.get(NAMED) is True}
        self.sites = {str(name): Site(str(name), mapping_of(raw), **is_) for name, raw in clusters.items()}
        for name in sorted(self.links.clusters - self.sites.keys()):
            self.sites[name] = Site(name, {}, exists=False)

    def site(self, name: str) -> Site:
        """Return a cluster; one that nothing is known of where the world does not have it."""
        found = self.sites.get(name)
        return Site(name, {}, exists=False) if found is None else found

    def peer(self, site: Site, alias: str) -> Peer | None:
        """Return what a cluster calls by this alias."""
        return self.links.peer(site.name, alias)
