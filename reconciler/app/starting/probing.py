"""Asking the clusters of a new configuration what they are, and how they are peered. Reads only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.app.options import Options
from reconciler.app.reaching.taking import read_clusters
from reconciler.app.starting.wishes import Link, Probed
from reconciler.app.workspace.configuring import read_configuration
from reconciler.sdk.access.protocol import World


async def probed(options: Options, folder: Path) -> Probed:
    """Return what the clusters of the configuration in this folder say. Raises `Failure`."""
    there = replace(options, root=folder, paths=(), state_path=None)
    taken = await read_clusters(read_configuration(there), there)
    worlds = list(taken.worlds.values())
    clusters = {name: one for world in worlds for name, one in world["clusters"].items()}
    return Probed(
        {name: one["version"] for name, one in clusters.items() if one.get("version")},
        {name: one["datacenter"] for name, one in clusters.items() if one.get("datacenter")},
        tuple(link for world in worlds for link in _links(world)),
        {name: one["unknown"]["cluster"] for name, one in clusters.items() if _is_unknown(one)},
    )


def _is_unknown(cluster: Any) -> bool:
    return "cluster" in (cluster.get("unknown") or {})


def _links(world: World) -> list[Link]:
    """Return the peerings of which both ends are clusters here, and exist."""
    return [
        Link(one["acceptor"], one["dialer"], one["name_at_acceptor"], one["name_at_dialer"])
        for one in world["peerings"]
        if one["acceptor"] in world["clusters"]
        and one["dialer"] in world["clusters"]
        and one.get("state_at_acceptor")
        and one.get("state_at_dialer")
    ]
