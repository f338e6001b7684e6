"""The catalog's rows: nodes, service instances, checks; registering through the agent or the catalog."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.catalog.check_rules import stored_definition
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState

Value = dict[str, Any]
ALIVE = "Agent alive and reachable"
DIMENSIONS = 8
LARGEST_WEIGHT = 65535
ORIGIN: Value = {"Vec": [0] * DIMENSIONS, "Error": 1.5, "Adjustment": 0, "Height": 1e-05}


def seed(world: WorldState, cluster: Cluster) -> None:
    """Put the server's own node, its serfHealth check and the `consul` service into an empty catalog."""
    meta = {"consul-network-segment": ""}
    if cluster.version.at_least(16):
        meta["consul-version"] = cluster.version.text
    meta |= cluster.node_meta
    tagged = dict.fromkeys(("lan", "lan_ipv4", "wan", "wan_ipv4"), cluster.host)
    put_node(cluster, cluster.node, cluster.host, cluster.node_id, meta, tagged)
    put_check(
        cluster,
        cluster.node,
        {"CheckID": "serfHealth", "Name": "Serf Health Status", "Status": "passing", "Output": ALIVE},
    )
    cluster.store.coordinates[cluster.node, ""] = dict(ORIGIN)
    put_service(
        cluster,
        cluster.node,
        {
            "Service": "consul",
            "ID": "consul",
            "Port": int(cluster.address("server").rpartition(":")[2]),
            "Meta": _of_server(cluster),
        },
    )


def _of_server(cluster: Cluster) -> Value:
    """Return the meta data of a server's own service."""
    grpc, tls = (cluster.address(name).rpartition(":")[2] for name in ("grpc", "grpc_tls"))
    return {
        **({"grpc_port": grpc} if cluster.version.at_least(14) else {}),
        **({"grpc_tls_port": tls} if cluster.version.at_least(14) else {}),
        "non_voter": "false",
        "raft_version": "3",
        "read_replica": "false",
        "serf_protocol_current": "2",
        "serf_protocol_max": "5",
        "serf_protocol_min": "1",
        "version": cluster.version.text.partition("-")[0],
    }


def put_node(
    cluster: Cluster, name: str, address: str, identifier: str, meta: Value | None, tagged: Value | None
) -> None:
    """Store a node; one that is there already as it is written again stays as it is."""
    store = cluster.store
    old = store.nodes.get(name)
    row = {
        "ID": identifier,
        "Node": name,
        "Address": address,
        "Datacenter": cluster.datacenter,
        "TaggedAddresses": tagged,
        "Meta": meta,
    }
    if old is not None and all(old[key] == part for key, part in row.items()):
        return
    index = store.bump("catalog")
    store.nodes[name] = {**row, "CreateIndex": old["CreateIndex"] if old else index, "ModifyIndex": index}


def _weights(asked: dict[str, Any]) -> dict[str, int]:
    """Return a service's weights; those that are none become 1 and 1 without a word (structs.go)."""
    passing, warning = asked.get("Passing", 0), asked.get("Warning", 0)
    valid = 1 <= passing <= LARGEST_WEIGHT and 0 <= warning <= LARGEST_WEIGHT
    return {"Passing": passing, "Warning": warning} if valid else {"Passing": 1, "Warning": 1}


def put_service(cluster: Cluster, node: str, service: Value) -> int:
    """Store a service instance and return the index of its last change.

    A proxy or connect-native one gets its service a virtual IP. One that is there already stays as it is.
    """
    store = cluster.store
    name = service.get("Service") or service.get("Name") or ""
    identifier = service.get("ID") or name
    old = store.services.get((node, identifier))
    row = {
        "Kind": service.get("Kind", ""),
        "ID": identifier,
        "Service": name,
        "Tags": service.get("Tags") or [],
        "Address": service.get("Address", ""),
        "TaggedAddresses": service.get("TaggedAddresses") or {},
        "Meta": service.get("Meta"),
        "Port": service.get("Port", 0),
        "Weights": _weights(service.get("Weights") or {}),
        "EnableTagOverride": bool(service.get("EnableTagOverride")),
        "Proxy": service.get("Proxy") or {},
        "Connect": service.get("Connect") or {},
    }
    row |= {key: service[key] for key in ("SocketPath", "Locality") if service.get(key)}
    if old is not None and _same(old, row):
        return int(old["ModifyIndex"])
    index = store.bump("catalog")
    row |= {"CreateIndex": old["CreateIndex"] if old else index, "ModifyIndex": index}
    if old:
        _forget(cluster, node, old)
    store.services[node, identifier] = row
    store.by_name.setdefault(name, {})[node, identifier] = row
    destination = row["Proxy"].get("DestinationServiceName", "")
    if row["Kind"] == "connect-proxy" and destination:
        virtual = {"Address": store.assign_virtual_ip(destination), "Port": row["Port"]}
        row["TaggedAddresses"] = {"consul-virtual": virtual, **row["TaggedAddresses"]}
    elif row["Connect"].get("Native"):
        virtual = {"Address": store.assign_virtual_ip(name), "Port": row["Port"]}
        row["TaggedAddresses"] = {"consul-virtual": virtual, **row["TaggedAddresses"]}
    return index


def _same(old: Value, row: Value) -> bool:
    """Say whether a row is what is stored, but for the virtual address that the catalog adds."""
    own = {key: part for key, part in old["TaggedAddresses"].items() if key != "consul-virtual"}
    stored = {key: part for key, part in old.items() if not key.endswith("Index")}
    return {**stored, "TaggedAddresses": own} == row


def _forget(cluster: Cluster, node: str, row: Value) -> None:
    instances = cluster.store.by_name.get(row["Service"], {})
    instances.pop((node, row["ID"]), None)
    if not instances:
        cluster.store.by_name.pop(row["Service"], None)


def drop_service(cluster: Cluster, node: str, identifier: str) -> bool:
    """Remove a service instance with its checks; say whether it was there."""
    row = cluster.store.services.pop((node, identifier), None)
    if row is None:
        return False
    _forget(cluster, node, row)
    for key in [key for key, check in cluster.store.checks.items() if check["ServiceID"] == identifier]:
        if key[0] == node:
            del cluster.store.checks[key]
    cluster.store.bump("catalog")
    return True


def drop_check(cluster: Cluster, node: str, identifier: str) -> None:
    """Remove a check."""
    if cluster.store.checks.pop((node, identifier), None) is not None:
        cluster.store.bump("catalog")


def drop_node(cluster: Cluster, node: str) -> None:
    """Remove a node with everything on it."""
    store = cluster.store
    for owner, identifier in list(store.services):
        if owner == node:
            drop_service(cluster, node, identifier)
    for key in [key for key in store.checks if key[0] == node]:
        del store.checks[key]
    if store.nodes.pop(node, None) is not None:
        store.bump("catalog")


def put_check(cluster: Cluster, node: str, check: Value, index: int = 0) -> None:
    """Store a health check, by a write of its own or by the one that has this index."""
    store = cluster.store
    identifier = check.get("CheckID") or check.get("Name") or ""
    old = store.checks.get((node, identifier))
    service = store.services.get((node, check.get("ServiceID", "")))
    row = {
        "Node": node,
        "CheckID": identifier,
        "Name": check.get("Name", ""),
        "Status": check.get("Status") or "critical",
        "Notes": check.get("Notes", ""),
        "Output": check.get("Output", ""),
        "ServiceID": check.get("ServiceID", ""),
        "ServiceName": service["Service"] if service else "",
        "ServiceTags": service["Tags"] if service else [],
        "Type": check.get("Type", ""),
        "Interval": check.get("Interval", ""),
        "Timeout": check.get("Timeout", ""),
        "ExposedPort": 0,
        "Definition": stored_definition(check.get("Definition") or {}),
    }
    if not old or any(old[key] != part for key, part in row.items()):
        index = index or store.bump("catalog")
        indexes = {"CreateIndex": old["CreateIndex"] if old else index, "ModifyIndex": index}
        store.checks[node, identifier] = {**row, **indexes}
