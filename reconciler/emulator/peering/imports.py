"""Instances that come over a peering: the exporter's catalog as the importer stores it."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import Peering
from reconciler.emulator.peering.links import link_of, service_lists

Value = dict[str, Any]
SIDECAR = "-sidecar-proxy"


def imported_instances(world: WorldState, cluster: Cluster, peer: str, service: str) -> list[Value]:
    """Return {Node, Service, Checks} of each instance of `service` imported from `peer` (a local name)."""
    found = _exporter(world, cluster, peer)
    if found is None:
        return []
    exporter, _, names = found
    if service in names:
        return _plain(exporter, peer, service)
    base = service.removesuffix(SIDECAR)
    if base != service and base in names:
        return imported_proxies(world, cluster, peer, base)
    return []


def _exporter(
    world: WorldState, cluster: Cluster, peer: str
) -> tuple[Cluster, Peering, tuple[str, ...]] | None:
    row = cluster.store.peering_named(peer)
    link = link_of(world, cluster.name, row.id) if row is not None and not row.gone else None
    if row is None or link is None:
        return None
    ours = link.dialer == cluster.name
    exporter = world.clusters[link.acceptor if ours else link.dialer]
    their_row = exporter.store.peering_by_id(link.acceptor_row if ours else link.dialer_row)
    if their_row is None:
        return None
    return exporter, their_row, service_lists(world, link, cluster.name)[1]


def _plain(exporter: Cluster, peer: str, service: str) -> list[Value]:
    instances = sorted(exporter.store.by_name.get(service, {}).items())
    out = []
    for (node, identifier), row in instances:
        shown = {
            "ID": row["ID"],
            "Service": service,
            "Tags": row["Tags"],
            "Address": row["Address"],
            "Meta": row["Meta"] or None,
            "Port": row["Port"],
            "Weights": row["Weights"],
            "EnableTagOverride": row["EnableTagOverride"],
            "Proxy": {"Mode": "", "MeshGateway": {}, "Expose": {}},
            "Connect": {},
        }
        if row["TaggedAddresses"]:
            shown["TaggedAddresses"] = row["TaggedAddresses"]
        status = _status(exporter, node, identifier)
        out.append(_instance(exporter, node, peer, _stamped(shown, peer, row), status))
    return out


def _stamped(shown: Value, peer: str, row: Value) -> Value:
    return {**shown, "PeerName": peer, "CreateIndex": row["CreateIndex"], "ModifyIndex": row["ModifyIndex"]}


def _status(exporter: Cluster, node: str, identifier: str) -> str:
    statuses = {
        check["Status"]
        for (owner, _), check in exporter.store.checks.items()
        if owner == node and check["ServiceID"] in ("", identifier)
    }
    return next((one for one in ("maintenance", "critical", "warning") if one in statuses), "passing")


def _instance(exporter: Cluster, node: str, peer: str, service: Value, status: str) -> Value:
    row = exporter.store.nodes[node]
    shown_node = {key: value for key, value in row.items() if key not in ("CreateIndex", "ModifyIndex")}
    indexes = {"CreateIndex": service["CreateIndex"], "ModifyIndex": service["ModifyIndex"]}
    check = {
        "Node": node,
        "CheckID": f"{service['ID']}:overall-check",
        "Name": "overall-check",
        "Status": status,
        "Notes": "",
        "Output": "",
        "ServiceID": service["ID"],
        "ServiceName": service["Service"],
        "ServiceTags": service["Tags"],
        "Type": "",
        "Interval": "",
        "Timeout": "",
        "ExposedPort": 0,
        "PeerName": peer,
        "Definition": {},
        **indexes,
    }
    return {"Node": {**shown_node, "PeerName": peer, **indexes}, "Service": service, "Checks": [check]}


def imported_proxies(world: WorldState, cluster: Cluster, peer: str, service: str) -> list[Value]:
    """Return the synthetic sidecars of an imported mesh service: one a mesh gateway of the exporter."""
    found = _exporter(world, cluster, peer)
    if found is None or service not in found[2]:
        return []
    exporter, their_row, _ = found
    gateways = [row for row in exporter.store.services.items() if row[1].get("Kind") == "mesh-gateway"]
    if not gateways or (service, "") not in exporter.store.virtual_ips:
        return []
    virtual = cluster.store.assign_virtual_ip(service, peer)  # the importer's own, not the exporter's
    return [
        _proxy(exporter, their_row, peer, service, virtual, number, node, row)
        for number, ((node, _), row) in enumerate(gateways)
    ]


def _proxy(
    exporter: Cluster,
    their_row: Peering,
    peer: str,
    service: str,
    virtual: str,
    number: int,
    node: str,
    row: Value,
) -> Value:
    domain, datacenter = exporter.trust_domain, exporter.datacenter
    name = f"{service}{SIDECAR}"
    addresses: Value = {"consul-virtual": {"Address": virtual, "Port": row["Port"]}}
    if "wan" in row["TaggedAddresses"]:
        addresses["wan"] = row["TaggedAddresses"]["wan"]
    shown = {
        "Kind": "connect-proxy",
        "ID": f"{name}-instance-{number}",
        "Service": name,
        "Tags": [],
        "Address": row["Address"],
        "TaggedAddresses": addresses,
        "Meta": None,
        "Port": row["Port"],
        "Weights": {"Passing": 1, "Warning": 1},
        "EnableTagOverride": False,
        "Proxy": {
            "DestinationServiceName": service,
            "DestinationServiceID": f"{service}-instance-{number}",
            "Mode": "",
            "MeshGateway": {},
            "Expose": {},
        },
        "Connect": {
            "PeerMeta": {
                "SNI": [f"{service}.default.default.{their_row.name}.external.{domain}"],
                "SpiffeID": [
                    f"spiffe://{domain}/ns/default/dc/{datacenter}/svc/{service}",
                    f"spiffe://{domain}/gateway/mesh/dc/{datacenter}",
                ],
                "Protocol": _protocol(exporter, service),
            }
        },
    }
    return _instance(exporter, node, peer, _stamped(shown, peer, row), "passing")


def _protocol(exporter: Cluster, service: str) -> str:
    defaults = exporter.store.entry("service-defaults", service)
    if defaults is not None and defaults.value.get("Protocol"):
        return str(defaults.value["Protocol"])
    everywhere = exporter.store.entry("proxy-defaults", "global")
    config = (everywhere.value.get("Config") or {}) if everywhere is not None else {}
    return str(config.get("protocol", "tcp"))
