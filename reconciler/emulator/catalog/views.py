"""How rows of the catalog are shown: an instance flat beside its node, or a service by itself."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.context import Context
from reconciler.emulator.core.versions import Version

Value = dict[str, Any]
UPSTREAM: Value = {"DestinationType": "", "DestinationName": "", "Datacenter": "", "MeshGateway": {}}


def proxy_view(proxy: Value) -> Value:
    """Return a proxy's configuration as Consul shows it: three parts are always there."""
    shown = {"Mode": "", "MeshGateway": {}, "Expose": {}, **proxy}
    if shown.get("Upstreams"):
        shown["Upstreams"] = [{**UPSTREAM, **upstream} for upstream in shown["Upstreams"]]
    return shown


def flat(version: Version, node: Value, row: Value) -> Value:
    """Return an instance as /v1/catalog/service shows it."""
    addresses = row.get("TaggedAddresses")
    return {
        "ID": node["ID"],
        "Node": node["Node"],
        "Address": node["Address"],
        "Datacenter": node["Datacenter"],
        "TaggedAddresses": node["TaggedAddresses"],
        "NodeMeta": node["Meta"],
        "ServiceKind": row.get("Kind", ""),
        "ServiceID": row["ID"],
        "ServiceName": row["Service"],
        "ServiceTags": row["Tags"],
        "ServiceAddress": row["Address"],
        **({"ServiceTaggedAddresses": addresses} if addresses else {}),
        "ServiceWeights": row["Weights"],
        "ServiceMeta": row["Meta"] or {},
        "ServicePort": row["Port"],
        "ServiceSocketPath": row.get("SocketPath", ""),
        "ServiceEnableTagOverride": row["EnableTagOverride"],
        "ServiceProxy": proxy_view(row["Proxy"]),
        "ServiceConnect": row["Connect"],
        **({"ServiceLocality": row.get("Locality")} if version.at_least(16) else {}),
        "CreateIndex": row["CreateIndex"],
        "ModifyIndex": row["ModifyIndex"],
    }


def instance_view(context: Context, node: str, row: Value) -> Value:
    """Return a local instance flat beside its node."""
    return flat(context.cluster.version, context.store.nodes[node], row)


def service_view(version: Version, row: Value) -> Value:
    """Return a service as /v1/catalog/node and /v1/health/service show it."""
    shown = {**row, "Proxy": proxy_view(row["Proxy"])}
    for key in ("Kind", "TaggedAddresses", "Port", "SocketPath"):
        if not shown.get(key):
            shown.pop(key, None)
    shown["PeerName"] = ""
    return shown
