"""/v1/agent/metrics: gauges of the leader's peerings, of its tables and of a small process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.messages import Response, as_json, empty

Value = dict[str, Any]
NO_PROMETHEUS = "Prometheus is not enabled since its retention time is not positive"
RUNTIME = {
    "alloc_bytes": 32_000_000,
    "free_count": 400_000,
    "heap_objects": 150_000,
    "malloc_count": 550_000,
    "num_goroutines": 200,
    "sys_bytes": 64_000_000,
    "total_gc_pause_ns": 1_000_000,
    "total_gc_runs": 10,
}


def read(context: Context) -> Response:
    """Return the metrics; for Prometheus nothing but the reason, as of an agent that keeps none for it."""
    require(authorizer(context), "agent", "read", context.cluster.node)
    if context.query.get("format") == "prometheus":
        answer = empty()
        answer.headers["X-Consul-Reason"] = NO_PROMETHEUS
        return answer
    moment = datetime.fromtimestamp(context.world.wall_seconds(), UTC)
    gauges = sorted([*_of_peerings(context), *_of_agent(context)], key=lambda one: str(one["Name"]))
    shown = {"Timestamp": f"{moment:%Y-%m-%d %H:%M:%S} +0000 UTC", "Gauges": gauges}
    return as_json({**shown, "Points": [], "Counters": [], "Samples": []})


def _gauge(name: str, value: int, **labels: str) -> Value:
    return {"Name": f"consul.{name}", "Value": value, "Labels": labels}


def _of_peerings(context: Context) -> Iterator[Value]:
    rows = context.store.peerings.values()
    for row in rows:
        stream = context.store.streams.get(row.id)
        healthy = int(bool(stream and stream.connected))
        yield _gauge("peering.healthy", healthy, peer_name=row.name, peer_id=row.id)
    yield _gauge("state.peerings", len(rows))


def _of_agent(context: Context) -> Iterator[Value]:
    cluster, store = context.cluster, context.store
    counts = {
        "autopilot.failure_tolerance": (cluster.servers - 1) // 2,
        "autopilot.healthy": 1,
        "members.clients": 0,
        "members.servers": cluster.servers,
        "raft.applied_index": store.index,
        "raft.last_index": store.index,
        "server.isLeader": int(cluster.servers == 1),
        "session_ttl.active": len(store.session_ends),
        "state.kv_entries": len(store.kv),
        "state.nodes": len(store.nodes),
        "state.service_instances": len(store.services),
        "state.services": len(store.by_name),
        **{f"runtime.{name}": value for name, value in RUNTIME.items()},
    }
    for name, value in counts.items():
        yield _gauge(f"{cluster.node}.{name}", value)
