"""A world whose services and gateways run: for what a change does to calls, wherever they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sdk.access.protocol import World
from reconciler.sdk.address import Address
from reconciler.sdk.provider import Body
from reconciler_consul.kinds.spelling import documented
from reconciler_consul.worlds.changed import changed
from reconciler_consul.worlds.form import NAMED, objects, struct
from reconciler_consul.worlds.named import with_named


def running(world: World, written: Mapping[Address, Body | None]) -> dict[str, Any]:
    """Return the world with mesh gateways, and the services that it or these objects name, taken to run."""
    clusters = {name: _running(one) for name, one in struct(world.get("clusters")).items()}
    made = {**world, NAMED: True, "clusters": clusters}
    here = with_named(made, _entries(clusters))
    after = struct(changed(made, written).get("clusters"))
    for name, cluster in here["clusters"].items():
        known = {_key(one) for one in cluster["services"]}
        more = [one for one in struct(after.get(name)).get("services") or () if _key(one) not in known]
        here["clusters"][name] = {**cluster, "services": [*cluster["services"], *more]}
    return {**here, NAMED: False}  # what an interim state names in passing is no service


def _key(service: Mapping[str, Any]) -> tuple[Any, Any]:
    return service.get("name"), service.get("namespace")


def _running(cluster: Mapping[str, Any]) -> dict[str, Any]:
    services = [
        {key: value for key, value in one.items() if key not in ("healthy", "instances", "sidecar")}
        for one in objects(cluster.get("services"))
    ]
    return {**cluster, "gateway": True, "services": services}


def _entries(clusters: Mapping[str, Any]) -> Iterator[tuple[str, Body]]:
    for name, cluster in clusters.items():
        yield from ((name, documented(body)) for body in objects(cluster.get("config_entries")))
