"""The checks that an agent keeps: a TTL that runs out, a status that is reported, maintenance.

The catalog has a row of each; `store.local_checks` has what the row does not show.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from reconciler.emulator.catalog.check_rules import SHORTEST_NS
from reconciler.emulator.catalog.store import drop_check, put_check
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState

Value = dict[str, Any]
NODE_MAINTENANCE = "_node_maintenance"
SERVICE_MAINTENANCE = "_service_maintenance:"
REASON = "Maintenance mode is enabled for this {}, but no reason was provided. This is a default message."


@dataclass(slots=True)
class LocalCheck:
    """What an agent remembers of a check: its TTL in nanoseconds (0: none) and when it runs out."""

    ttl: int = 0
    due: float = 0.0
    seen: str = ""


def keep(world: WorldState, cluster: Cluster, row: Value, ttl: int) -> None:
    """Register a check at the agent: what an older one of its ID said stays, where nothing else is given."""
    identifier = row["CheckID"]
    known = cluster.store.local_checks.get(identifier)
    old = cluster.store.checks.get((cluster.node, identifier), {})
    said: Value = {key: old[key] for key in ("Status", "Output") if known is not None and key in old}
    put_check(cluster, cluster.node, {**row, **said})
    remember(world, cluster, identifier, ttl)


def remember(world: WorldState, cluster: Cluster, identifier: str, ttl: int) -> None:
    """Note that a check of the catalog is the agent's, and let its TTL (nanoseconds, 0: none) begin."""
    cluster.store.local_checks[identifier] = LocalCheck(max(ttl, SHORTEST_NS) if ttl else 0)
    _wind(world, cluster, identifier)


def set_status(world: WorldState, cluster: Cluster, identifier: str, status: str, output: str) -> bool:
    """Set what a check with a TTL says; False where it has none."""
    local = cluster.store.local_checks[identifier]
    if not local.ttl:
        return False
    local.seen = output
    _say(cluster, identifier, status, output)
    _wind(world, cluster, identifier)
    return True


def drop(cluster: Cluster, identifier: str) -> None:
    """Remove a check from the agent and the catalog."""
    cluster.store.local_checks.pop(identifier, None)
    drop_check(cluster, cluster.node, identifier)


def drop_of_service(cluster: Cluster, service: str, *, but: tuple[str, ...] = ()) -> None:
    """Remove the checks of a service at the agent, but those of these IDs."""
    for identifier in list(cluster.store.local_checks):
        row = cluster.store.checks.get((cluster.node, identifier))
        if row is None or (row["ServiceID"] == service and identifier not in but):
            drop(cluster, identifier)


def maintain(world: WorldState, cluster: Cluster, reason: str, service: Value | None = None) -> None:
    """Begin maintenance, of the node or of a service on it; a reason that was given stays."""
    identifier = f"{SERVICE_MAINTENANCE}{service['ID']}" if service else NODE_MAINTENANCE
    if identifier in cluster.store.local_checks:
        return
    what = "service" if service else "node"
    row = {
        "CheckID": identifier,
        "Name": f"{what.title()} Maintenance Mode",
        "Status": "critical",
        "Notes": reason or REASON.format(what),
        "Type": "maintenance",
        "ServiceID": service["ID"] if service else "",
    }
    keep(world, cluster, row, 0)
    if service:
        cluster.store.checks[cluster.node, identifier]["ServiceTags"] = []


def _wind(world: WorldState, cluster: Cluster, identifier: str) -> None:
    local = cluster.store.local_checks[identifier]
    if local.ttl:
        seconds = local.ttl / 1e9 * (world.time_scale or 1.0)
        local.due = world.clock() + seconds
        world.at(local.due, partial(_expire, world, cluster, identifier))


def _expire(world: WorldState, cluster: Cluster, identifier: str) -> None:
    local = cluster.store.local_checks.get(identifier)
    if local is None or not local.ttl or world.clock() < local.due:
        return
    output = (
        f"TTL expired (last output before timeout follows): {local.seen}" if local.seen else "TTL expired"
    )
    _say(cluster, identifier, "critical", output)


def _say(cluster: Cluster, identifier: str, status: str, output: str) -> None:
    row = cluster.store.checks.get((cluster.node, identifier))
    if row is not None:
        put_check(cluster, cluster.node, {**row, "Status": status, "Output": output})
