"""The form of a world: its keys, and the values that stand for what is not known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

FORMAT = "reconciler-snapshot/1"
NAMED = "named_services_run"
"""Key of a world whose services are not those that run, but those that its config entries name."""

DOWN = "down"
"""Key of a cluster that a rehearsal takes away as a whole: its gateways are then not said to be missing."""

Cluster = dict[str, Any]
Item = dict[str, Any]


def unknown_cluster(why: str = "") -> Cluster:
    """Return a cluster of which nothing is known; `why` says why, for people."""
    empty: Cluster = {
        "datacenter": None,
        "version": None,
        "default_intention": None,
        "gateway": None,
        "services": [],
        "config_entries": [],
    }
    return empty | ({"unknown": {"cluster": why}} if why else {})


def world_of(clusters: Mapping[str, Cluster], peerings: Iterable[Item], **more: str | bool) -> dict[str, Any]:
    """Return a world. `more` are further keys of the whole."""
    return {"format": FORMAT, **more, "clusters": dict(clusters), "peerings": list(peerings)}


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list; none where it is no list. Consul reads one object as a list of one."""
    listed = [value] if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [item for item in listed if isinstance(item, Mapping)]


def struct(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}
