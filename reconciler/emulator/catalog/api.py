"""/v1/catalog: lists of services and nodes, registering and removing past any agent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.catalog.bodies import body as read_body
from reconciler.emulator.catalog.check_rules import stored_definition, type_in_catalog
from reconciler.emulator.catalog.selecting import by_filter, by_tags, nearest, on_node
from reconciler.emulator.catalog.service_rules import ANY_ADDRESS, problems, several
from reconciler.emulator.catalog.store import (
    drop_check,
    drop_node,
    drop_service,
    put_check,
    put_node,
    put_service,
)
from reconciler.emulator.catalog.views import flat, instance_view
from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.fields import INSTANCE, NODE
from reconciler.emulator.peering.imports import imported_instances
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Value = dict[str, Any]
Rows = dict[tuple[str, str], Value]
ID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def services(context: Context) -> Response | Block:
    """Return every local service name with its tags; Consul ≥1.14: those that a filter leaves."""
    context.index_of_refusals = True
    context.parse_options()
    who = authorizer(context)
    wanted = _wanted_rows(context)

    def answer() -> Value:
        chosen = {name: wanted(rows) for name, rows in context.store.by_name.items()}
        chosen = {name: rows for name, rows in chosen.items() if rows}
        found = {
            name: sorted({tag for row in rows for tag in row["Tags"]})
            for name, rows in sorted(chosen.items())
            if who.allows("service", "read", name) and _on_readable(context, who, name)
        }
        context.filtered = len(found) < len(chosen) and bool(who.accessor)
        return found

    return context.read(("catalog",), answer)


def _wanted_rows(context: Context) -> Callable[[Rows], list[Value]]:
    """Return what chooses of a service's instances those that node meta data and a filter leave."""
    on, filtered = (
        on_node(context),
        bool(context.query.get("filter")) and context.cluster.version.at_least(14),
    )
    fits = by_filter(context, INSTANCE) if filtered else lambda row: True
    if not filtered and "node-meta" not in context.query:
        return lambda rows: list(rows.values())
    return lambda rows: [
        row for (node, _), row in rows.items() if on(node) and fits(instance_view(context, node, row))
    ]


def _on_readable(context: Context, who: Authorizer, name: str) -> bool:
    """Say whether a service is listed: Consul ≥1.22 does so where the token may read a node that has it."""
    if not context.cluster.version.at_least(22):
        return True
    return any(who.allows("node", "read", node) for node, _ in context.store.by_name[name])


def nodes(context: Context) -> Response | Block:
    """Return every local node."""
    context.index_of_refusals = True
    context.parse_options()
    who, on, fits = authorizer(context), on_node(context), by_filter(context, NODE)

    def answer() -> list[Value]:
        found = [row for name, row in sorted(context.store.nodes.items()) if on(name)]
        rows = [row for row in found if who.allows("node", "read", row["Node"])]
        context.filtered = len(rows) < len(found) and bool(who.accessor)
        return nearest(context, [row for row in rows if fits(row)], lambda row: str(row["Node"]))

    return context.read(("catalog",), answer)


def service(context: Context) -> Response | Block:
    """Return the instances of a service; `?peer=` is honoured only from Consul 1.22 on (after 1.21.0)."""
    context.index_of_refusals = True
    name = context.rest("/v1/catalog/service/")
    if not name:
        raise Refusal(400, "Missing service name")
    context.parse_options()
    who, on, fits = authorizer(context), on_node(context), by_filter(context, INSTANCE)
    tagged = by_tags(context, lambda row: {"Tags": row["ServiceTags"]})
    peer = context.query.get("peer", "") if context.cluster.version.at_least(22) else ""

    def answer() -> list[Value]:
        if peer:
            found = imported_instances(context.world, context.cluster, peer, name)
            return [flat(context.cluster.version, item["Node"], item["Service"]) for item in found]
        every = sorted(context.store.by_name.get(name, {}).items())
        instances = [
            (key, row)
            for key, row in every
            if who.allows("service", "read", name) and who.allows("node", "read", key[0])
        ]
        context.filtered = len(instances) < len(every) and bool(who.accessor)
        rows = [instance_view(context, node, row) for (node, _), row in instances if on(node)]
        rows = [row for row in rows if tagged(row) and fits(row)]
        return nearest(context, rows, lambda row: str(row["Node"]))

    return context.read(("catalog", "imports"), answer)


def datacenters(context: Context) -> Response:
    """Return the datacenters of the federation: the own one first, as the nearest."""
    own = context.cluster
    members = [other for other in context.world.clusters.values() if other.primary == own.primary]
    return as_json([other.datacenter for other in sorted(members, key=lambda other: other is not own)])


def register(context: Context) -> Response:
    """Register a node, a service on it, and checks."""
    body = read_body(context)
    context.ask(body.get("Datacenter") or context.query.get("dc", ""))
    who, name, skip = authorizer(context), body.get("Node", ""), bool(body.get("SkipNodeUpdate"))
    _check_node(body, name, skip)
    own, checks = body.get("Service"), [*(body.get("Checks") or ())]
    checks += [body["Check"]] if body.get("Check") else []
    if own is not None:
        _check_service(own)
    _vet(context, who, name, own)
    _check_checks(context, name, own, checks)
    with context.store.one_write():
        _write(context, name, body, checks, skip=skip)
    return as_json(True)


def _write(context: Context, name: str, body: Value, checks: list[Value], *, skip: bool) -> None:
    if not skip or name not in context.store.nodes:
        meta, tagged = body.get("NodeMeta"), body.get("TaggedAddresses")
        put_node(context.cluster, name, body.get("Address", ""), body.get("ID", ""), meta, tagged)
    if body.get("Service") is not None:
        put_service(context.cluster, name, body["Service"])
    for check in checks:
        put_check(context.cluster, check.get("Node") or name, {**check, "Type": _type(check)})


def _check_node(body: Value, name: str, skip: bool) -> None:
    if not name:
        raise Refusal(500, "Must provide node")
    identifier = body.get("ID", "")
    if identifier and not ID.fullmatch(identifier):
        why = "uuid string is wrong length" if len(identifier) != 36 else "uuid is improperly formatted"
        raise Refusal(500, f"Bad node ID: {why}")
    if not body.get("Address") and not skip:
        raise Refusal(500, "Must provide address if SkipNodeUpdate is not set")


def _check_service(own: Value) -> None:
    found = problems(own)
    if found:
        raise Refusal(500, several(found))
    if own.get("ID") and not own.get("Service"):
        raise Refusal(500, "Must provide service name (Service.Service) when service ID is provided")
    if own.get("Address") in ANY_ADDRESS:
        raise Refusal(500, "Invalid service address")


def _vet(context: Context, who: Authorizer, name: str, own: Value | None) -> None:
    """Refuse what the token may not write: the node where it would change, the service."""
    if own is not None and own.get("Service") != "consul":
        require(who, "service", "write", own.get("Service", ""))
    require(who, "node", "write", name)


def _check_checks(context: Context, name: str, own: Value | None, checks: list[Value]) -> None:
    registered = {own.get("ID") or own.get("Service", "")} if own else set()
    for check in checks:
        wanted = check.get("ServiceID", "")
        if wanted and wanted not in registered and (name, wanted) not in context.store.services:
            identifier = check.get("CheckID") or check.get("Name", "")
            raise Refusal(500, f"Unknown service ID '{wanted}' for check ID '{identifier}'")


def _type(check: Value) -> str:
    return check.get("Type") or type_in_catalog(stored_definition(check.get("Definition") or {}))


def deregister(context: Context) -> Response:
    """Remove a service, a check or a whole node."""
    body = read_body(context)
    context.ask(body.get("Datacenter") or context.query.get("dc", ""))
    name = body.get("Node", "")
    if not name:
        raise Refusal(500, "Must provide node")
    require(authorizer(context), "node", "write", name)
    if body.get("ServiceID"):
        drop_service(context.cluster, name, body["ServiceID"])
    elif body.get("CheckID"):
        drop_check(context.cluster, name, body["CheckID"])
    else:
        drop_node(context.cluster, name)
    return as_json(True)
