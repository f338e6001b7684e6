"""/v1/catalog and the registering part of /v1/agent."""

from __future__ import annotations

import re
from typing import Any

from . import agent_register
from .access import authorizer, require
from .acl_rules import Authorizer
from .catalog_store import (
    drop_node,
    drop_service,
    put_check,
    put_node,
    put_service,
)
from .context import Context
from .filters import not_emulated, require_filter
from .gojson import GoJSONError, loads
from .health import proxy_view
from .imports import imported_instances
from .messages import Block, Refusal, Response, as_json, empty
from .versions import Version

Value = dict[str, Any]

OBJECTS = ("Service", "Check", "Connect", "Proxy", "Weights", "TaggedAddresses", "Meta", "NodeMeta")
TEXTS = ("Name", "ID", "Node", "Address", "Service", "ServiceID", "CheckID", "Kind", "Datacenter", "Status")


def _body(context: Context) -> Value:
    try:
        value = loads(context.request.body)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(400, "Request decode failed: expected an object")
    _check_types(value, OBJECTS, dict, "object")
    _check_types({**value, "Service": None}, TEXTS, str, "string")
    for part in (value.get("Service") or {}, value.get("Check") or {}):
        _check_types(part, TEXTS, str, "string")
        _check_types({**part, "Service": None}, OBJECTS, dict, "object")
    return value


def _check_types(value: Value, names: tuple[str, ...], wanted: type, text: str) -> None:
    for name in names:
        if value.get(name) is not None and not isinstance(value[name], wanted):
            raise Refusal(
                400, f"Request decode failed: json: cannot unmarshal into field {name} of type {text}"
            )


_OF_KIND = re.compile(r'\s*ServiceKind\s*==\s*"?([a-z-]+)"?\s*\Z')


def _filtered_kind(context: Context) -> str | None:
    """Return the service kind that `filter` asks for. No other expression is emulated here."""
    text = context.query.get("filter", "")
    if not text or not context.cluster.version.at_least(14):
        return None
    match = _OF_KIND.match(text)
    if match is None:
        require_filter(text)
        raise not_emulated(text)
    return match[1]


def services(context: Context) -> Response | Block:
    """Return every local service name with its tags; Consul ≥1.14: those that a filter leaves."""
    context.index_of_refusals = True
    context.parse_options()
    who = authorizer(context)
    kind = _filtered_kind(context)

    def answer() -> Value:
        chosen = {name: list(rows.values()) for name, rows in context.store.by_name.items()}
        if kind is not None:
            chosen = {n: rows for n, rows in chosen.items() if any(row["Kind"] == kind for row in rows)}
        found = {
            name: sorted({tag for row in rows for tag in row["Tags"]})
            for name, rows in chosen.items()
            if who.allows("service", "read", name) and _on_readable(context, who, name)
        }
        context.filtered = len(found) < len(chosen) and bool(who.accessor)
        return found

    return context.read(("catalog",), answer)


def _on_readable(context: Context, who: Authorizer, name: str) -> bool:
    """Consul ≥1.22: a service is listed where the token may read a node that has it."""
    if not context.cluster.version.at_least(22):
        return True
    return any(who.allows("node", "read", node) for node, _ in context.store.by_name[name])


def nodes(context: Context) -> Response | Block:
    """Return every local node."""
    context.index_of_refusals = True
    context.parse_options()
    who = authorizer(context)

    def answer() -> list[Value]:
        rows = [row for name, row in sorted(context.store.nodes.items()) if who.allows("node", "read", name)]
        context.filtered = len(rows) < len(context.store.nodes) and bool(who.accessor)
        return rows

    return context.read(("catalog",), answer)


def service(context: Context) -> Response | Block:
    """Return the instances of a service; `?peer=` is honoured only from Consul 1.22 on (after 1.21.0)."""
    context.index_of_refusals = True
    context.parse_options()
    name = context.rest("/v1/catalog/service/")
    who = authorizer(context)
    peer = context.query.get("peer", "") if context.cluster.version.at_least(22) else ""

    def answer() -> list[Value]:
        if peer:
            found = imported_instances(context.world, context.cluster, peer, name)
            return [_flat(context.cluster.version, item["Node"], item["Service"]) for item in found]
        every = sorted(context.store.by_name.get(name, {}).items())
        instances = [
            (key, row)
            for key, row in every
            if who.allows("service", "read", name) and who.allows("node", "read", key[0])
        ]
        context.filtered = len(instances) < len(every) and bool(who.accessor)
        return [
            _flat(context.cluster.version, context.store.nodes[node], row) for (node, _), row in instances
        ]

    return context.read(("catalog", "imports"), answer)


def _flat(version: Version, node: Value, row: Value) -> Value:
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
        "ServiceSocketPath": "",
        "ServiceEnableTagOverride": row["EnableTagOverride"],
        "ServiceProxy": proxy_view(row["Proxy"]),
        "ServiceConnect": row["Connect"],
        **({"ServiceLocality": None} if version.at_least(16) else {}),
        "CreateIndex": row["CreateIndex"],
        "ModifyIndex": row["ModifyIndex"],
    }


def datacenters(context: Context) -> Response:
    """Return the datacenters of the federation: the own one first, as the nearest."""
    own = context.cluster
    members = [other for other in context.world.clusters.values() if other.primary == own.primary]
    return as_json([other.datacenter for other in sorted(members, key=lambda other: other is not own)])


def register(context: Context) -> Response:
    """Register a node, a service on it, and checks."""
    body = _body(context)
    if not body.get("Node"):
        raise Refusal(500, "Must provide node")
    if not body.get("Address"):
        raise Refusal(500, "Must provide address if SkipNodeUpdate is not set")
    cluster, name = context.cluster, body["Node"]
    who = authorizer(context)
    require(who, "node", "write", name)
    put_node(
        cluster, name, body["Address"], body.get("ID", ""), body.get("NodeMeta"), body.get("TaggedAddresses")
    )
    if body.get("Service"):
        require(who, "service", "write", body["Service"].get("Service", ""))
        put_service(cluster, name, body["Service"])
    checks = [body["Check"]] if body.get("Check") else body.get("Checks") or []
    for check in checks:
        put_check(cluster, name, check)
    return as_json(True)


def deregister(context: Context) -> Response:
    """Remove a service, a check or a whole node."""
    body = _body(context)
    name = body.get("Node", "")
    if not name:
        raise Refusal(500, "Must provide node")
    require(authorizer(context), "node", "write", name)
    if body.get("ServiceID"):
        drop_service(context.cluster, name, body["ServiceID"])
    elif body.get("CheckID"):
        if context.store.checks.pop((name, body["CheckID"]), None):
            context.store.bump("catalog")
    else:
        drop_node(context.cluster, name)
    return as_json(True)


def register_at_agent(context: Context) -> Response:
    """Register a service at the agent."""
    body = _body(context)
    if not body.get("Name"):
        raise Refusal(400, "Missing service name")
    require(authorizer(context), "service", "write", body["Name"])
    agent_register.register(context.world, context.cluster, body)
    return empty()


def deregister_at_agent(context: Context) -> Response:
    """Remove a service from the agent."""
    identifier = context.rest("/v1/agent/service/deregister/")
    if not agent_register.deregister(context.cluster, identifier):
        raise Refusal(
            404,
            f'Unknown service ID "{identifier}". Ensure that the service ID is passed, not the service name.',
        )
    return empty()


def _agent_view(context: Context, row: Value) -> Value:
    hidden = ("CreateIndex", "ModifyIndex", *(("Kind", "Proxy") if not row["Kind"] else ()))
    shown = {key: part for key, part in row.items() if key not in hidden}
    shown["TaggedAddresses"] = {
        key: part for key, part in row["TaggedAddresses"].items() if key != "consul-virtual"
    }
    if row["Kind"]:
        shown["Proxy"] = {"MeshGateway": {}, "Expose": {}, **row["Proxy"]}
    for key in ("TaggedAddresses", "Connect"):
        if not shown[key]:
            del shown[key]
    return {**shown, "Meta": shown["Meta"] or {}, "Datacenter": context.cluster.datacenter}


def agent_services(context: Context) -> Response:
    """Return the services registered at the agent."""
    who = authorizer(context)
    rows = {
        identifier: row
        for (node, identifier), row in context.store.services.items()
        if node == context.cluster.node and identifier != "consul"
    }
    shown = {
        identifier: _agent_view(context, row)
        for identifier, row in rows.items()
        if who.allows("service", "read", row["Service"])
    }
    answer = as_json(shown)
    if len(shown) < len(rows) and who.accessor:
        answer.headers["X-Consul-Results-Filtered-By-ACLs"] = "true"
    return answer
