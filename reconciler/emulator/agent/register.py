"""What an agent makes of a service that is registered at it: sidecar, checks, central configuration.

As in Consul's agent/sidecar_service.go, agent/service_manager.go and agent/configentry (1.14 to 1.22): a
sidecar without checks of its own gets two, and the Proxy of a proxy or gateway is completed from
proxy-defaults and the service-defaults of its service, again whenever these change.
"""

from __future__ import annotations

from functools import partial
from ipaddress import ip_address
from typing import Any

from reconciler.emulator.agent import local_checks
from reconciler.emulator.catalog.check_rules import duration_of, type_of
from reconciler.emulator.catalog.store import drop_service, put_check, put_service
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState

Value = dict[str, Any]
SIDECAR = "-sidecar-proxy"
SIDECAR_PORTS = range(21000, 21256)
FIRST_RUN_S = 0.05
CENTRAL = (
    ("Protocol", "protocol"),
    ("BalanceInboundConnections", "balance_inbound_connections"),
    ("MaxInboundConnections", "max_inbound_connections"),
    ("LocalConnectTimeoutMs", "local_connect_timeout_ms"),
    ("LocalRequestTimeoutMs", "local_request_timeout_ms"),
)


def register(world: WorldState, cluster: Cluster, definition: Value, *, replace: bool = False) -> None:
    """Register a service at the cluster's agent, with the sidecar proxy that it asks for.

    With `replace` its checks of before go.
    """
    service = {**definition, "ID": definition.get("ID") or definition["Name"]}
    if replace:
        local_checks.drop_of_service(cluster, service["ID"])
    connect = dict(service.get("Connect") or {})
    sidecar = connect.pop("SidecarService", None)
    _keep(world, cluster, {**service, "Connect": connect}, _checks(service))
    if sidecar is not None:
        proxy = _sidecar(cluster, service, sidecar)
        _keep(world, cluster, proxy, _checks(sidecar) or _sidecar_checks(service["ID"]))


def deregister(cluster: Cluster, identifier: str) -> bool:
    """Remove a service and the sidecar that came with it; say whether it was there."""
    for gone in (identifier, f"{identifier}{SIDECAR}"):
        local_checks.drop_of_service(cluster, gone)
    if not drop_service(cluster, cluster.node, identifier):
        return False
    drop_service(cluster, cluster.node, f"{identifier}{SIDECAR}")
    for gone in (identifier, f"{identifier}{SIDECAR}"):
        cluster.store.registered.pop(gone, None)
    return True


def _sidecar(cluster: Cluster, service: Value, asked: Value) -> Value:
    """Return the definition of a service's sidecar: what it does not say itself comes from the service."""
    proxy = dict(asked.get("Proxy") or {})
    proxy.setdefault("DestinationServiceName", service["Name"])
    proxy.setdefault("DestinationServiceID", service["ID"])
    if not proxy.get("LocalServiceSocketPath"):
        proxy.setdefault("LocalServiceAddress", "127.0.0.1")
        proxy.setdefault("LocalServicePort", service.get("Port", 0))
    identifier = f"{service['ID']}{SIDECAR}"
    return {
        "Name": f"{service['Name']}{SIDECAR}",
        "Address": service.get("Address", ""),
        **{key: part for key, part in asked.items() if part},
        "Tags": asked.get("Tags") or service.get("Tags"),
        "Meta": asked.get("Meta") or service.get("Meta"),
        "Port": asked.get("Port") or _free_port(cluster, identifier),
        "Kind": "connect-proxy",
        "ID": identifier,
        "Proxy": proxy,
    }


def _free_port(cluster: Cluster, identifier: str) -> int:
    """Return the sidecar's port of before, or the lowest that is free."""
    own = cluster.store.services.get((cluster.node, identifier))
    if own is not None and own["Port"] in SIDECAR_PORTS:
        return int(own["Port"])
    used = {row["Port"] for (node, _), row in cluster.store.services.items() if node == cluster.node}
    return next(port for port in SIDECAR_PORTS if port not in used)


def _checks(definition: Value) -> list[Value]:
    """Return the checks that a definition asks for itself."""
    found = [*(definition.get("Checks") or ()), *([definition["Check"]] if definition.get("Check") else ())]
    shown = []
    for check in found:
        durations = {key: duration_of(check, key) for key in ("Interval", "Timeout")}
        shown.append({**check, "Type": type_of(check), **durations, "TTL": check.get("TTL", 0)})
    return shown


def _sidecar_checks(identifier: str) -> list[Value]:
    alias = {"Name": f"Connect Sidecar Aliasing {identifier}", "Type": "alias", "AliasService": identifier}
    return [{"Name": "Connect Sidecar Listening", "Type": "tcp", "Interval": "10s"}, alias]


def _keep(world: WorldState, cluster: Cluster, definition: Value, checks: list[Value]) -> None:
    """Store a definition as it is now, and its checks as they are before they ran."""
    tagged = {**(definition.get("TaggedAddresses") or {}), **_of_address(definition)}
    definition = {**definition, "Meta": definition.get("Meta") or None, "TaggedAddresses": tagged}
    central = definition.get("Kind") not in (None, "")
    if central:
        cluster.store.registered[definition["ID"]] = definition
    before = cluster.store.index
    index = put_service(cluster, cluster.node, _completed(cluster, definition) if central else definition)
    index = index if index > before else 0
    for number, check in enumerate(checks, 1):
        suffix = f":{number}" if len(checks) > 1 else ""
        identifier = check.get("CheckID") or f"service:{definition['ID']}{suffix}"
        named = {"Name": f"Service '{definition['Name']}' check", **check, "CheckID": identifier}
        known = cluster.store.checks.get((cluster.node, identifier), {})
        found: Value = {key: known[key] for key in ("Status", "Output") if key in known}
        put_check(cluster, cluster.node, {**named, **found, "ServiceID": definition["ID"]}, index)
        local_checks.remember(world, cluster, identifier, check.get("TTL", 0))
        if check.get("AliasService"):
            world.later(FIRST_RUN_S, partial(_follow, cluster, identifier, check["AliasService"]))


def _of_address(definition: Value) -> Value:
    """Return the tagged addresses of an IP address: every agent adds them."""
    address, port = definition.get("Address", ""), definition.get("Port", 0)
    try:
        version = ip_address(address).version
    except ValueError:
        return {}
    return {f"{net}_ipv{version}": {"Address": address, "Port": port} for net in ("lan", "wan")}


def _follow(cluster: Cluster, identifier: str, service: str) -> None:
    """Let an alias check say what the checks of its service say."""
    store = cluster.store
    own = store.checks.get((cluster.node, identifier))
    if own is None:
        return
    mine = [c for (n, _), c in store.checks.items() if n == cluster.node and c["ServiceID"] == service]
    worst = next((c for s in ("critical", "warning") for c in mine if c["Status"] == s), None)
    said = "All checks passing." if mine else "No checks found."
    status = "passing"
    if worst is not None:
        status, said = worst["Status"], f'Aliased check "{worst["Name"]}" failing: {worst["Output"]}'
    if status != own["Status"]:  # a new output alone is reported minutes later
        put_check(cluster, cluster.node, {**own, "Status": status, "Output": said})


# The central configuration of proxies.


def attach(world: WorldState, cluster: Cluster) -> None:
    """Have proxies follow the config entries of their cluster."""
    cluster.store.listeners.append(partial(_entries_changed, world, cluster))


def _entries_changed(world: WorldState, cluster: Cluster, table: str) -> None:
    if table == "config" and cluster.store.registered:
        world.later(0.0, partial(_complete_all, cluster))


def _complete_all(cluster: Cluster) -> None:
    for identifier, definition in cluster.store.registered.items():
        row = cluster.store.services.get((cluster.node, identifier))
        completed = _completed(cluster, definition)
        if row is not None and row["Proxy"] != completed["Proxy"]:
            put_service(cluster, cluster.node, completed)


def _completed(cluster: Cluster, definition: Value) -> Value:
    """Return a definition with what proxy-defaults and service-defaults say of its proxy."""
    own: Value = dict(definition.get("Proxy") or {})
    name = own.get("DestinationServiceName") or definition["Name"]
    found = (cluster.store.entry("proxy-defaults", "global"), cluster.store.entry("service-defaults", name))
    everywhere, mine = (entry.value if entry is not None else {} for entry in found)
    central = {key: mine[field] for field, key in CENTRAL if mine.get(field)}
    own["Config"] = {**(everywhere.get("Config") or {}), **central, **(own.get("Config") or {})}
    for key in ("MeshGateway", "Mode", "Expose", "TransparentProxy", "MutualTLSMode"):
        own[key] = own.get(key) or mine.get(key) or everywhere.get(key)
    if own["Mode"] == "transparent" and own["MeshGateway"]:
        own["Upstreams"] = [*(own.get("Upstreams") or ()), _any_upstream(own["MeshGateway"])]
    return {**definition, "Proxy": {key: part for key, part in own.items() if part}}


def _any_upstream(gateway: Value) -> Value:
    """Return the upstream for all services that no other one names, in transparent mode."""
    return {
        "DestinationType": "",
        "DestinationNamespace": "default",
        "DestinationPartition": "default",
        "DestinationName": "*",
        "Datacenter": "",
        "Config": {"mesh_gateway": gateway},
        "MeshGateway": gateway,
        "CentrallyConfigured": True,
    }
