"""What a read of a peering shows: the stored row with the leader's view of its stream laid over it."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import Peering, Stream
from reconciler.emulator.peering.links import last_beat, link_of, service_lists

UNIX_ZERO = "1970-01-01T00:00:00Z"
GO_ZERO = "0001-01-01T00:00:00Z"


def show_peering(world: WorldState, cluster: Cluster, row: Peering) -> dict[str, Any]:
    """Return a row as Consul's API shows it (Consul 1.13: counts; ≥1.14: StreamStatus and Remote)."""
    stream = cluster.store.streams.get(row.id)
    exported, imported = _services(world, cluster, row, stream)
    out: dict[str, Any] = {"ID": row.id, "Name": row.name}
    if cluster.version.enterprise:
        out["Partition"] = cluster.partition
    if row.deleted_at:
        out["DeletedAt"] = row.deleted_at
    if row.meta:
        out["Meta"] = row.meta
    out["State"] = _state(row, stream)
    out.update(_identity(row))
    if cluster.version.at_least(14):
        out["StreamStatus"] = {
            "ImportedServices": list(imported) or None,
            "ExportedServices": list(exported) or None,
            **_times(world, cluster, stream),
        }
    else:
        out["ImportedServiceCount"] = len(imported)
        out["ExportedServiceCount"] = len(exported)
    out["CreateIndex"], out["ModifyIndex"] = row.create, row.modify
    if cluster.version.at_least(14):
        out["Remote"] = {"Partition": row.remote_partition, "Datacenter": row.remote_datacenter}
    return out


def _identity(row: Peering) -> dict[str, Any]:
    parts = {
        "PeerID": row.peer_id,
        "PeerCAPems": row.ca_pems,
        "PeerServerName": row.server_name,
        "PeerServerAddresses": row.server_addresses,
    }
    return {key: value for key, value in parts.items() if value}


def _state(row: Peering, stream: Stream | None) -> str:
    """Return the state: ACTIVE and FAILING are computed on read, over the stored state (even DELETING)."""
    if stream is not None and stream.connected:
        return "ACTIVE"
    if stream is not None and stream.error:
        return "FAILING"
    return row.state


def _services(
    world: WorldState, cluster: Cluster, row: Peering, stream: Stream | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    link = link_of(world, cluster.name, row.id)
    if stream is not None and stream.connected and link is not None:
        return service_lists(world, link, cluster.name)
    return (stream.exported, stream.imported) if stream is not None else ((), ())


def _times(world: WorldState, cluster: Cluster, stream: Stream | None) -> dict[str, str | None]:
    nothing = None if cluster.version.at_least(15) else UNIX_ZERO
    if stream is None or not stream.heard:
        return {"LastHeartbeat": nothing, "LastReceive": nothing, "LastSend": nothing}
    beat = last_beat(world, stream)
    last = world.wall(beat)
    received = world.wall(stream.failed) if stream.failed is not None and stream.failed > beat else last
    return {"LastHeartbeat": last, "LastReceive": received, "LastSend": last}
