"""The world that a configuration makes: what it says, and nothing that only running servers know. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body, ClusterConfig
from reconciler_consul.worlds.changed import changed
from reconciler_consul.worlds.form import NAMED, Cluster, unknown_cluster, world_of


def declared(
    clusters: Iterable[ClusterConfig], objects: Mapping[Address, Body], over: World | None = None
) -> dict[str, Any]:
    """Return the world of these clusters with these objects; with `over`, that world with what the objects
    replace in it. Services that are named, and mesh gateways, are taken to run.
    """
    if over is not None:
        return changed(over, objects)
    empty = world_of({one.name: _cluster(one) for one in clusters}, (), **{NAMED: True})
    return changed(empty, objects)


def _cluster(config: ClusterConfig) -> Cluster:
    known = {
        "gateway": True,
        "version": config.version,
        "default_intention": config.default_intention,
        **({"edition": config.edition} if config.edition else {}),
    }
    return {**unknown_cluster(), **known}
