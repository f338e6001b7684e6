"""/v1/health: instances with their checks, local or imported from a peer."""

from __future__ import annotations

from typing import Any

from .access import authorizer
from .acl_rules import Authorizer
from .context import Context
from .imports import imported_instances, imported_proxies
from .messages import Block, Refusal, Response

Value = dict[str, Any]
SERVICE = "/v1/health/service/"
CONNECT = "/v1/health/connect/"


def proxy_view(proxy: Value) -> Value:
    """Return a proxy's configuration as Consul shows it: three parts are always there."""
    return {"Mode": "", "MeshGateway": {}, "Expose": {}, **proxy}


def service(context: Context) -> Response | Block:
    """Return the instances of a service (`?peer=` takes imported ones, `?passing` only healthy ones)."""
    return _answer(context, context.rest(SERVICE), connect=False)


def connect(context: Context) -> Response | Block:
    """Return what can be dialed in the mesh for a service: proxies and connect-native instances."""
    return _answer(context, context.rest(CONNECT), connect=True)


def _answer(context: Context, name: str, *, connect: bool) -> Response | Block:
    if not name:
        raise Refusal(400, "Missing service name")
    context.parse_options()
    who = authorizer(context)
    peer = context.query.get("peer", "")

    def answer() -> list[Value]:
        found = _imported(context, who, peer, name, connect) if peer else _local(context, who, name, connect)
        return [one for one in found if _wanted(context, one)]

    return context.read(("catalog", "imports"), answer)


def _wanted(context: Context, instance: Value) -> bool:
    passing = context.query.get("passing")
    if passing is None or passing in ("false", "0"):
        return True
    return all(check["Status"] == "passing" for check in instance["Checks"])


def _imported(context: Context, who: Authorizer, peer: str, name: str, connect: bool) -> list[Value]:
    """Imported data needs service:write on any service, or read on all services and all nodes.

    Proxies are refused to whom may not read all services; Consul 1.14 hides them without a word.
    """
    writes, reads = who.any_of("service", "write"), who.all_of("service", "read")
    if connect and not (writes or reads):
        if context.cluster.version.at_least(15):
            raise Refusal(403, "Permission denied")
        return []
    read = imported_proxies if connect else imported_instances
    found = read(context.world, context.cluster, peer, name)
    if writes or (reads and who.all_of("node", "read")):
        return found
    context.filtered = bool(found) and bool(who.accessor)
    return []


def _local(context: Context, who: Authorizer, name: str, connect: bool) -> list[Value]:
    store = context.store
    if connect:
        rows = [
            (node, row)
            for (node, _), row in store.services.items()
            if row["Proxy"].get("DestinationServiceName") == name and row["Kind"] == "connect-proxy"
        ]
    else:
        rows = [(node, row) for (node, _), row in store.by_name.get(name, {}).items()]
    readable = [
        (node, row)
        for node, row in rows
        if who.allows("service", "read", name) and who.allows("node", "read", node)
    ]
    context.filtered = len(readable) < len(rows) and bool(who.accessor)
    return [_shown(context, node, row) for node, row in readable]


def _shown(context: Context, node: str, row: Value) -> Value:
    checks = [
        check
        for (owner, _), check in context.store.checks.items()
        if owner == node and check["ServiceID"] in ("", row["ID"])
    ]
    shown = {**row, "Proxy": proxy_view(row["Proxy"])}
    if not shown["Kind"]:
        del shown["Kind"]
    if not shown["TaggedAddresses"]:
        del shown["TaggedAddresses"]
    if context.cluster.version.at_least(14):
        shown["PeerName"] = ""
    return {"Node": context.store.nodes[node], "Service": shown, "Checks": checks}
