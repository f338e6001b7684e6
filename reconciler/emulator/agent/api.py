"""/v1/agent/self and version, /v1/status, /v1/operator/usage, /v1/exported-services."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.agent.gossip import REVISION, member, port_of
from reconciler.emulator.agent.stats import stats
from reconciler.emulator.core.context import Context
from reconciler.emulator.peering.exports import resolved_exports
from reconciler.emulator.wire.messages import Block, Response, as_json

Value = dict[str, Any]
BUILD_DATE = "2024-10-14T15:40:31Z"
KINDS = (
    "connect-native",
    "connect-proxy",
    "api-gateway",
    "ingress-gateway",
    "mesh-gateway",
    "terminating-gateway",
)


def self_(context: Context) -> Response:
    """Return what this agent is: datacenter, version, ports, whether peering and ACLs are on."""
    cluster = context.cluster
    require(authorizer(context), "agent", "read", cluster.node)
    tls = port_of(cluster, "grpc_tls") if cluster.version.at_least(14) else -1
    config = {
        "Datacenter": cluster.datacenter,
        "PrimaryDatacenter": context.world.clusters[cluster.primary].datacenter,
        "NodeName": cluster.node,
        "NodeID": cluster.node_id,
        "Server": True,
        "Revision": REVISION,
        "Version": cluster.version.text,
        "BuildDate": BUILD_DATE,
        **({"Partition": "default"} if cluster.version.enterprise else {}),
    }
    answer = {
        "Config": config,
        "DebugConfig": _debug(context, tls),
        "Coord": {"Vec": [0] * 8, "Error": 1.5, "Adjustment": 0, "Height": 0.00001},
        "Member": member(cluster),
        "Stats": stats(context),
        "Meta": context.own.nodes[cluster.node]["Meta"],
        "xDS": {
            "SupportedProxies": {"envoy": ["1.31.2", "1.30.6", "1.29.9", "1.28.7"]},
            "Port": tls if tls > 0 else port_of(cluster, "grpc"),
            "Ports": {"Plaintext": port_of(cluster, "grpc"), "TLS": tls},
        },
    }
    return as_json(answer)


def _debug(context: Context, tls: int) -> Value:
    cluster = context.cluster
    own = {"DefaultIntentionPolicy": ""} if cluster.version.at_least(18) else {}
    return {
        **own,
        "ACLsEnabled": cluster.acl,
        "ACLResolverSettings": {
            "ACLsEnabled": cluster.acl,
            "ACLDefaultPolicy": cluster.default_policy,
            "ACLDownPolicy": "extend-cache",
            "Datacenter": cluster.datacenter,
            "NodeName": cluster.node,
        },
        "ConnectEnabled": True,
        "PeeringEnabled": cluster.peering,
        "DNSAltDomain": "",
        "DNSDomain": "consul.",
        "Datacenter": cluster.datacenter,
        "PrimaryDatacenter": context.world.clusters[cluster.primary].datacenter,
        "NodeName": cluster.node,
        "GRPCPort": port_of(cluster, "grpc"),
        "GRPCTLSPort": tls,
        "HTTPPort": cluster.port,
        "ServerPort": port_of(cluster, "server"),
        "SerfPortLAN": port_of(cluster, "serf_lan"),
        "SerfPortWAN": port_of(cluster, "serf_wan"),
        "SerfAdvertiseAddrLAN": f"tcp://{cluster.address('serf_lan')}",
        "SerfAdvertiseAddrWAN": f"tcp://{cluster.address('serf_wan')}",
        "SerfBindAddrLAN": f"tcp://{cluster.address('serf_lan')}",
        "SerfBindAddrWAN": f"tcp://{cluster.address('serf_wan')}",
        "AdvertiseAddrLAN": cluster.host,
        "AdvertiseAddrWAN": cluster.host,
        "HTTPAddrs": [f"tcp://{cluster.address('http')}"],
        "ServerMode": True,
        "Version": cluster.version.text,
    }


def version(context: Context) -> Response:
    """Return the version alone (Consul ≥1.16)."""
    text = context.cluster.version.text
    return as_json({"SHA": REVISION, "BuildDate": BUILD_DATE, "HumanVersion": text, "FIPS": ""})


def leader(context: Context) -> Response:
    """Return the leader's server address."""
    context.ask(context.query.get("dc", ""))
    return as_json(context.cluster.leader)


def peers(context: Context) -> Response:
    """Return the servers of the cluster."""
    context.ask(context.query.get("dc", ""))
    return as_json(context.cluster.server_addresses)


def exported_services(context: Context) -> Response | Block:
    """Return who gets which service by configuration (Consul ≥1.17.3)."""
    context.parse_options(check_dc=False)
    require(authorizer(context), "mesh", "read")

    def answer() -> list[Value]:
        return resolved_exports(context.store, enterprise=context.cluster.version.enterprise)

    return context.read(
        ("config", "catalog"),
        answer,
        answer,
    )


def usage(context: Context) -> Response | Block:
    """Return service and node counts (Consul ≥1.15)."""
    context.parse_options()
    require(authorizer(context), "operator", "read")
    return context.read(("catalog",), lambda: _usage(context))


def _usage(context: Context) -> Value:
    store = context.store
    counts = Counter(row["Kind"] or "typical" for row in store.services.values())
    native = sum(1 for row in store.services.values() if row["Connect"].get("Native"))
    billable = sum(1 for row in store.services.values() if not row["Kind"] and row["Service"] != "consul")
    return {
        "Usage": {
            context.cluster.datacenter: {
                "Services": len(store.by_name),
                "ServiceInstances": len(store.services),
                "ConnectServiceInstances": {
                    **{kind: counts[kind] for kind in KINDS},
                    "connect-native": native,
                },
                "BillableServiceInstances": billable,
                "Nodes": len(store.nodes),
            }
        },
        "Index": store.table_index("catalog"),
        "LastContact": 0,
        "KnownLeader": True,
        "ConsistencyLevel": "leader",
        "NotModified": False,
        "Backend": 0,
        "ResultsFilteredByACLs": False,
    }
