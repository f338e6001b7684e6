"""Operations of /v1/txn on nodes, services, checks and sessions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reconciler.emulator.acl.access import require
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.catalog.bodies import CHECK, canonical, service
from reconciler.emulator.catalog.service_rules import problems, several
from reconciler.emulator.catalog.store import (
    drop_check,
    drop_node,
    drop_service,
    put_check,
    put_node,
    put_service,
)
from reconciler.emulator.catalog.views import service_view
from reconciler.emulator.core.context import Context
from reconciler.emulator.kv.store import end_session

Row = dict[str, Any]
NODE = ("ID", "Node", "Address", "Datacenter", "TaggedAddresses", "Meta", "ModifyIndex")
READS = ("get",)


class Failed(Exception):
    """One operation failed; the text is Consul's."""


def decoded(kind: str, operation: Row) -> Row:
    """Return an operation by the names of its fields."""
    top = canonical(operation, ("Verb", "Node", "Service", "Check", "Session"))
    if kind == "Node":
        top["Node"] = canonical(top.get("Node") or {}, NODE)
    elif kind == "Service":
        top["Service"] = service(top.get("Service") or {})
    elif kind == "Check":
        top["Check"] = canonical(top.get("Check") or {}, CHECK)
    return top


def vet(who: Authorizer, kind: str, operation: Row) -> None:
    """Refuse (403) an operation that the token may not do."""
    access = "read" if operation.get("Verb") in READS else "write"
    if kind == "Node":
        require(who, "node", access, operation["Node"].get("Node", ""))
    elif kind == "Service":
        require(who, "service", access, operation["Service"].get("Service", ""))
    elif kind == "Check":
        name = operation["Check"].get("ServiceName", "")
        place = ("service", name) if name else ("node", operation["Check"].get("Node", ""))
        require(who, place[0], access, place[1])


def run(kind: str, context: Context, operation: Row) -> list[Row]:
    """Run one operation and return what it answers; raises Failed."""
    verb = operation.get("Verb", "")
    known = VERBS[kind].get(verb)
    if known is None:
        raise Failed(_unknown(context, kind, operation))
    row = known(context, operation)
    return [] if row is None else [{kind: row}]


def _unknown(context: Context, kind: str, operation: Row) -> str:
    if context.cluster.version.at_least(20):
        return f"unknown {kind.lower()} operation: {operation.get('Verb', '')}"
    if kind == "Service":
        _check_service(operation["Service"])
    return f'unknown {kind} verb "{operation.get("Verb", "")}"'


def _node(context: Context, operation: Row) -> tuple[str, Row | None]:
    asked = operation["Node"]
    rows = context.store.nodes
    if asked.get("ID"):
        found = next((row for row in rows.values() if row["ID"] == asked["ID"]), None)
        return (found["Node"] if found else asked.get("Node", "")), found
    name = asked.get("Node", "")
    return name, rows.get(name)


def _get_node(context: Context, operation: Row) -> Row:
    name, row = _node(context, operation)
    if row is None:
        raise Failed(f'node "{name}" doesn\'t exist')
    return row


def _set_node(context: Context, operation: Row) -> Row:
    asked = operation["Node"]
    name = asked.get("Node", "")
    if not name:
        raise Failed("Must provide node")
    if not asked.get("Address"):
        raise Failed("Must provide node address")
    meta, tagged = asked.get("Meta"), asked.get("TaggedAddresses")
    put_node(context.cluster, name, asked["Address"], asked.get("ID", ""), meta, tagged)
    row: Row = context.store.nodes[name]
    return row


def _stale(old: Row | None, asked: Row) -> bool:
    return (old["ModifyIndex"] if old else 0) != int(asked.get("ModifyIndex") or 0)


def _cas_node(context: Context, operation: Row) -> Row:
    name, old = _node(context, operation)
    if _stale(old, operation["Node"]):
        raise Failed(f'failed to set node "{name}", index is stale')
    return _set_node(context, operation)


def _delete_node(context: Context, operation: Row) -> None:
    drop_node(context.cluster, _node(context, operation)[0])


def _delete_node_cas(context: Context, operation: Row) -> None:
    name, old = _node(context, operation)
    if old is not None and _stale(old, operation["Node"]):
        raise Failed(f'failed to delete node "{name}", index is stale')
    _delete_node(context, operation)


def _service(context: Context, operation: Row) -> tuple[str, str, Row | None]:
    asked, node = operation["Service"], operation.get("Node", "")
    identifier = asked.get("ID") or asked.get("Service", "")
    return node, identifier, context.store.services.get((node, identifier))


def _shown(context: Context, row: Row) -> Row:
    return service_view(context.cluster.version, row)


def _get_service(context: Context, operation: Row) -> Row:
    node, identifier, row = _service(context, operation)
    if row is None:
        raise Failed(f'service "{identifier}" on node "{node}" doesn\'t exist')
    return _shown(context, row)


def _set_service(context: Context, operation: Row) -> Row:
    node, identifier, _ = _service(context, operation)
    _check_service(operation["Service"])
    if node not in context.store.nodes:
        raise Failed("Missing node registration")
    put_service(context.cluster, node, operation["Service"])
    shown = _shown(context, context.store.services[node, identifier])
    return shown if operation["Service"].get("Tags") else {**shown, "Tags": None}


def _check_service(asked: Row) -> None:
    found = problems(asked)
    if found:
        raise Failed(several(found))
    if asked.get("ID") and not asked.get("Service"):
        raise Failed("Must provide service name (Service.Service) when service ID is provided")


def _cas_service(context: Context, operation: Row) -> Row:
    node, identifier, old = _service(context, operation)
    _check_service(operation["Service"])
    if _stale(old, operation["Service"]):
        raise Failed(f'failed to set service "{identifier}" on node "{node}", index is stale')
    return _set_service(context, operation)


def _delete_service(context: Context, operation: Row) -> None:
    node, identifier, _ = _service(context, operation)
    _check_service(operation["Service"])
    drop_service(context.cluster, node, identifier)


def _delete_service_cas(context: Context, operation: Row) -> None:
    node, identifier, old = _service(context, operation)
    _check_service(operation["Service"])
    if old is not None and _stale(old, operation["Service"]):
        raise Failed(f'failed to delete service "{identifier}" on node "{node}", index is stale')
    _delete_service(context, operation)


def _check(context: Context, operation: Row) -> tuple[str, str, Row | None]:
    asked = operation["Check"]
    node, identifier = asked.get("Node", ""), asked.get("CheckID") or asked.get("Name", "")
    return node, identifier, context.store.checks.get((node, identifier))


def _get_check(context: Context, operation: Row) -> Row:
    node, identifier, row = _check(context, operation)
    if row is None:
        raise Failed(f'check "{identifier}" on node "{node}" doesn\'t exist')
    return _check_shown(row)


def _set_check(context: Context, operation: Row) -> Row:
    node, identifier, _ = _check(context, operation)
    service_id = operation["Check"].get("ServiceID", "")
    if node not in context.store.nodes:
        raise Failed("Missing node registration")
    if service_id and (node, service_id) not in context.store.services:
        raise Failed("Missing service registration")
    put_check(context.cluster, node, operation["Check"])
    return _check_shown(context.store.checks[node, identifier])


def _check_shown(row: Row) -> Row:
    return {**row, "ServiceTags": row["ServiceTags"] or None}


def _cas_check(context: Context, operation: Row) -> Row:
    node, identifier, old = _check(context, operation)
    if _stale(old, operation["Check"]):
        raise Failed(f'failed to set check "{identifier}" on node "{node}", index is stale')
    return _set_check(context, operation)


def _delete_check(context: Context, operation: Row) -> None:
    node, identifier, _ = _check(context, operation)
    drop_check(context.cluster, node, identifier)


def _delete_check_cas(context: Context, operation: Row) -> None:
    node, identifier, old = _check(context, operation)
    if old is not None and _stale(old, operation["Check"]):
        raise Failed(f'failed to delete check "{identifier}" on node "{node}", index is stale')
    _delete_check(context, operation)


def _delete_session(context: Context, operation: Row) -> None:
    asked = operation.get("Session") or {}
    end_session(context.world, context.cluster, asked.get("ID", "") if isinstance(asked, dict) else "")


VERBS: dict[str, dict[str, Callable[[Context, Row], Row | None]]] = {
    "Node": {
        "get": _get_node,
        "set": _set_node,
        "cas": _cas_node,
        "delete": _delete_node,
        "delete-cas": _delete_node_cas,
    },
    "Service": {
        "get": _get_service,
        "set": _set_service,
        "cas": _cas_service,
        "delete": _delete_service,
        "delete-cas": _delete_service_cas,
    },
    "Check": {
        "get": _get_check,
        "set": _set_check,
        "cas": _cas_check,
        "delete": _delete_check,
        "delete-cas": _delete_check_cas,
    },
    "Session": {"delete": _delete_session},
}
