"""What an agent counts of itself: the Stats of /v1/agent/self, which `consul info` prints."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.context import Context

Stats = dict[str, dict[str, str]]
GOSSIP = ("coordinate_resets", "event_queue", "failed", "health_score", "intent_queue", "left", "query_queue")


def stats(context: Context) -> Stats:
    """Return the counts by part; everything is a text, as Consul has it."""
    cluster, store = context.cluster, context.own
    version, _, prerelease = cluster.version.text.partition("-")
    services = sum(1 for (node, name) in store.services if node == cluster.node and name != "consul")
    ttls = sum(1 for check in store.local_checks.values() if check.ttl)
    return {
        "agent": {
            "check_monitors": "0",
            "check_ttls": str(ttls),
            "checks": str(len(store.local_checks)),
            "services": str(services),
        },
        "build": {"prerelease": prerelease, "revision": "", "version": version, "version_metadata": ""},
        "consul": _server(context),
        "raft": _raft(context),
        "runtime": {
            "arch": "amd64",
            "cpu_count": "1",
            "goroutines": "200",
            "max_procs": "1",
            "os": "linux",
            "version": "go1.22.7",
        },
        "serf_lan": _gossip(cluster.servers, store.event_time),
        "serf_wan": _gossip(_datacenters(context), 1),
    }


def _datacenters(context: Context) -> int:
    return sum(1 for one in context.world.clusters.values() if one.primary == context.cluster.primary)


def _server(context: Context) -> dict[str, str]:
    cluster = context.cluster
    return {
        "acl": "enabled" if cluster.acl else "disabled",
        "bootstrap": "true" if cluster.bootstrap else "false",
        "known_datacenters": str(_datacenters(context)),
        "leader": "true" if cluster.servers == 1 else "false",
        "leader_addr": cluster.leader,
        "server": "true",
    }


def _raft(context: Context) -> dict[str, str]:
    cluster, index = context.cluster, str(context.own.index)
    voter = f"{{Suffrage:Voter ID:{cluster.node_id} Address:{cluster.server_addresses[0]}}}"
    term = str(2 + cluster.elections)
    return {
        "applied_index": index,
        "commit_index": index,
        "fsm_pending": "0",
        "last_contact": "0",
        "last_log_index": index,
        "last_log_term": term,
        "last_snapshot_index": "0",
        "last_snapshot_term": "0",
        "latest_configuration": f"[{voter}]",
        "latest_configuration_index": "0",
        "num_peers": str(cluster.servers - 1),
        "protocol_version": "3",
        "protocol_version_max": "3",
        "protocol_version_min": "0",
        "snapshot_version_max": "1",
        "snapshot_version_min": "0",
        "state": "Leader" if cluster.servers == 1 else "Follower",
        "term": term,
    }


def _gossip(members: int, event_time: int) -> dict[str, str]:
    counts: dict[str, Any] = dict.fromkeys(GOSSIP, "0")
    counts |= {"encrypted": "false", "event_time": str(event_time), "member_time": "1"}
    return dict(sorted({**counts, "members": str(members), "query_time": "1"}.items()))
