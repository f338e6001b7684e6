"""A world that was read from a file, which others may have written. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.access.form import check_world
from reconciler.sdk.access.protocol import World
from reconciler_consul.kinds.spelling import documented, documented_tops
from reconciler_consul.kinds.wrong import wrong_in

LOOKED_THROUGH = 10_000  # entries; a world with more was not written by hand, and it would take a second
_ENTRIES = "config_entries"


def given(value: Any) -> World:
    """Return a world whose entries are spelled as documented: in a large one their own fields, by which they
    are found, and the rest where it is looked at. Raises `ValueError` that names the place for what is no
    world, and for a value in an entry that no server would take.
    """
    clusters = value.get("clusters") if isinstance(value, Mapping) else None
    clusters = clusters if isinstance(clusters, Mapping) else {}
    small = sum(len(_entries(one)) for one in clusters.values()) <= LOOKED_THROUGH
    if clusters:
        value = {**value, "clusters": {name: _spelled(one, small) for name, one in clusters.items()}}
    check_world(value)
    for name, cluster in clusters.items() if small else ():
        _check(f"$.clusters.{name}", _entries(value["clusters"][name]) if cluster else ())
    world: World = value
    return world


def _entries(cluster: Any) -> Any:
    found = cluster.get(_ENTRIES) if isinstance(cluster, Mapping) else None
    return found if isinstance(found, list | tuple) else ()


def _spelled(cluster: Any, whole: bool) -> Any:
    entries = _entries(cluster)
    if not entries:
        return cluster
    if not whole:
        return {**cluster, _ENTRIES: documented_tops(entries)}
    return {**cluster, _ENTRIES: [documented(one) if isinstance(one, Mapping) else one for one in entries]}


def _check(path: str, entries: Any) -> None:
    for number, entry in enumerate(entries):
        said = wrong_in(entry)
        if said:
            raise ValueError(f"{path}.{_ENTRIES}[{number}]{said}")
