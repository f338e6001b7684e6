"""The world that runs: all clusters, each read once and all at the same time, without any secret."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.sdk.access.protocol import SnapshotRequest
from reconciler.sdk.errors import ProviderError
from reconciler_consul.kinds.names import entry_address
from reconciler_consul.server.api import ConsulApi
from reconciler_consul.server.capabilities import parse
from reconciler_consul.server.default import default_intention
from reconciler_consul.server.values import EntryList, mapping
from reconciler_consul.worlds.form import Cluster, Item, unknown_cluster, world_of
from reconciler_consul.worlds.hiding import shown_entry
from reconciler_consul.worlds.protocols import with_protocols
from reconciler_consul.worlds.reading import Instances, ReadCluster, read_cluster, unread
from reconciler_consul.worlds.rows import Rows
from reconciler_consul.worlds.running import (
    gateway_addresses,
    gateways,
    instances,
    linked_services,
    services,
)
from reconciler_consul.worlds.subsets import with_subsets


async def snapshot(apis: Mapping[str, ConsulApi], request: SnapshotRequest) -> dict[str, Any]:
    """Read all clusters. Raises nothing for what a server did or did not answer."""
    names = sorted(apis)
    calls = (read_cluster(apis[name], addresses=request.addresses) for name in names)
    found = dict(zip(names, await asyncio.gather(*calls), strict=True))
    now = datetime.now(UTC)
    clusters = {name: _cluster(one, request) for name, one in found.items()}
    peerings = _rows(found, request).peerings(now, addresses=request.addresses)
    taken_at = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    return world_of(clusters, peerings, taken_at=taken_at)


def _rows(found: Mapping[str, ReadCluster | ProviderError], request: SnapshotRequest) -> Rows:
    rows = {name: one if isinstance(one, ProviderError) else one.rows for name, one in found.items()}
    known = {name: one for name, one in rows.items() if not isinstance(one, ProviderError)}
    why = {name: one.message for name, one in rows.items() if isinstance(one, ProviderError)}
    clocks = {
        name: one.clock_offset
        for name, one in found.items()
        if not isinstance(one, ProviderError) and one.clock_offset is not None
    }
    return Rows(known, why, request.peers, clocks)


def _cluster(found: ReadCluster | ProviderError, request: SnapshotRequest) -> Cluster:
    """Return a cluster; what could not be read of it is under `unknown`, with why."""
    if isinstance(found, ProviderError):
        return unknown_cluster(found.message)
    entries = [shown for listed in found.entries.values() for shown in _entries(found.name, listed, request)]
    unknown = dict(unread(found.entries, found.name))
    for what, one in (("services", found.running), ("peerings", found.rows)):
        if isinstance(one, ProviderError):
            unknown[what] = one.message
    if found.agent_unread:
        unknown["agent"] = found.agent_unread
    info = found.identity.info
    return {
        "datacenter": found.identity.datacenter or None,
        "version": info.version if parse(info.version) else None,
        "edition": info.facts.get("edition", "community"),
        "default_intention": default_intention(found.agent, info.version, found.acl_default),
        **_running(found, entries, request),
        "config_entries": entries,
        **_further(found, request),
        **({"unknown": unknown} if unknown else {}),
    }


def _entries(name: str, listed: EntryList | ProviderError, request: SnapshotRequest) -> list[Item]:
    if isinstance(listed, ProviderError):
        return []
    shown = [shown_entry(entry) for entry in listed.entries]
    return [_veiled(name, entry, request) for entry in shown]


def _veiled(cluster: str, entry: Item, request: SnapshotRequest) -> Item:
    if request.veil is None:
        return entry
    ref = str(entry["Kind"]), str(entry.get("Name") or "mesh")
    address = entry_address(ref, cluster, _scope(entry, "Partition"), _scope(entry, "Namespace"))
    return dict(request.veil(address, entry))


def _scope(entry: Item, field: str) -> str | None:
    value = entry.get(field)
    return None if value in (None, "", "default") else str(value)


def _running(found: ReadCluster, entries: list[Item], request: SnapshotRequest) -> Item:
    """Return gateways and services: both are not known where instances could not be read."""
    if isinstance(found.running, ProviderError):
        return {"gateway": None, "services": []}
    known: Instances = found.running
    every = list(instances(known.nodes, known.critical))
    counts = gateways(every)
    where = {"gateway_addresses": gateway_addresses(every)} if request.addresses else {}
    return {
        "gateway": counts["passing"] > 0,
        "gateways": counts,
        **where,
        "services": with_subsets(
            with_protocols(
                services(every, linked_services(entries)), entries, dict(unread(found.entries, found.name))
            ),
            found.subsets,
        ),
    }


def _further(found: ReadCluster, request: SnapshotRequest) -> Item:
    """Return what helps to find out why a link is down; ports are those of the agent that was asked."""
    debug = mapping(found.agent.get("DebugConfig"))
    ports = {
        "http": debug.get("HTTPPort"),
        "https": debug.get("HTTPSPort"),
        "grpc": debug.get("GRPCPort"),
        "grpc_tls": debug.get("GRPCTLSPort"),
    }
    out: Item = {"trust_domain": found.identity.trust_domain or None}
    if debug:
        out["ports"] = {name: port for name, port in ports.items() if isinstance(port, int) and port > 0}
    if found.clock_offset is not None:
        out["clock_offset_s"] = found.clock_offset
    if request.addresses:
        out["server_addresses"] = list(found.servers)
    return out
