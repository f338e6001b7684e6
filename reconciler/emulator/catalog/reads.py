"""/v1/catalog/node, node-services, connect and gateway-services."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.catalog.gateways import services_of
from reconciler.emulator.catalog.health import dials
from reconciler.emulator.catalog.selecting import by_filter, by_tags, nearest, on_node
from reconciler.emulator.catalog.views import instance_view, service_view
from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.fields import INSTANCE, SERVICE
from reconciler.emulator.wire.messages import Block, Refusal, Response

Value = dict[str, Any]
NODE = "/v1/catalog/node/"
NODE_SERVICES = "/v1/catalog/node-services/"
CONNECT = "/v1/catalog/connect/"
GATEWAY = "/v1/catalog/gateway-services/"


def _named(context: Context, prefix: str, what: str) -> str:
    name = context.rest(prefix)
    if not name:
        raise Refusal(400, f"Missing {what} name")
    return name


def _node(context: Context, who: Authorizer, name: str) -> Value | None:
    """Return a node by its name, in any letter case, or by its ID."""
    rows = context.store.nodes.values()
    row = next((row for row in rows if name.lower() in (row["Node"].lower(), row["ID"].lower())), None)
    if row is not None and not who.allows("node", "read", row["Node"]):
        context.filtered = bool(who.accessor)
        return None
    return row


def _services(context: Context, who: Authorizer, node: Value) -> list[Value]:
    every = [row for (name, _), row in sorted(context.store.services.items()) if name == node["Node"]]
    shown = [row for row in every if who.allows("service", "read", row["Service"])]
    context.filtered = len(shown) < len(every) and bool(who.accessor)
    fits = by_filter(context, SERVICE)
    return [service_view(context.cluster.version, row) for row in shown if fits(row)]


def node(context: Context) -> Response | Block:
    """Return a node with its services by ID; null where there is none."""
    name = _named(context, NODE, "node")
    context.index_of_refusals = True
    context.parse_options()
    who = authorizer(context)

    def answer() -> Value | None:
        found = _node(context, who, name)
        if found is None:
            return None
        return {"Node": found, "Services": {row["ID"]: row for row in _services(context, who, found)}}

    return context.read(("catalog",), answer, answer)


def node_services(context: Context) -> Response | Block:
    """Return a node with its services as a list."""
    name = _named(context, NODE_SERVICES, "node")
    context.index_of_refusals = True
    context.parse_options()
    who = authorizer(context)

    def answer() -> Value:
        found = _node(context, who, name)
        return {"Node": found, "Services": None if found is None else _services(context, who, found)}

    return context.read(("catalog",), answer, answer)


def connect(context: Context) -> Response | Block:
    """Return what the mesh dials for a service, as the catalog shows instances."""
    name = _named(context, CONNECT, "service")
    context.parse_options()
    who, fits, on = authorizer(context), by_filter(context, INSTANCE), on_node(context)
    tagged = by_tags(context, lambda row: {"Tags": row["ServiceTags"]})

    def answer() -> list[Value]:
        every = [(node, row) for (node, _), row in sorted(context.store.services.items()) if dials(row, name)]
        shown = [
            (node, row)
            for node, row in every
            if who.allows("service", "read", name) and who.allows("node", "read", node)
        ]
        context.filtered = len(shown) < len(every) and bool(who.accessor)
        rows = [instance_view(context, node, row) for node, row in shown if on(node)]
        return nearest(
            context, [row for row in rows if fits(row) and tagged(row)], lambda row: str(row["Node"])
        )

    return context.read(("catalog",), answer, answer)


def gateway_services(context: Context) -> Response | Block:
    """Return the services behind a gateway."""
    context.index_of_refusals = True
    name = _named(context, GATEWAY, "gateway")
    context.parse_options()
    who = authorizer(context)
    try:
        require(who, "service", "read", name)
    except Refusal as refusal:
        refusal.headers["X-Consul-Index"] = "1"
        raise

    def answer() -> list[Value]:
        found = services_of(context.store, name, context.cluster.version)
        return [row for row in found if who.allows("service", "read", row["Service"]["Name"])]

    return context.read(("config", "catalog"), answer)
