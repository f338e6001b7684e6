"""/v1/query/:name/execute and explain: a prepared query found, rendered and run."""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.acl.access import authorizer
from reconciler.emulator.catalog.health import instances
from reconciler.emulator.catalog.selecting import distance
from reconciler.emulator.core.context import Context
from reconciler.emulator.queries import api as queries
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
EXECUTE, EXPLAIN = "/execute", "/explain"
PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def read(context: Context) -> Response | Block:
    """Answer a GET below /v1/query/: the query, its run or its explanation."""
    path = context.rest(queries.PREFIX)
    if path.endswith(EXECUTE):
        return execute(context, path.removesuffix(EXECUTE))
    return explain(context, path.removesuffix(EXPLAIN)) if path.endswith(EXPLAIN) else queries.read(context)


def _resolve(context: Context, name: str) -> Row:
    """Return the query of an ID or name, or the longest template that it begins with, rendered."""
    table = context.store.queries
    found = table.get(name) or next(
        (row for row in table.values() if row["Name"] == name and not row["Template"]["Type"]), None
    )
    if found is not None:
        return found
    fitting = [row for row in table.values() if row["Template"]["Type"] and name.startswith(row["Name"])]
    if not fitting:
        raise Refusal(404, "Query not found", headers={"X-Consul-Index": "1"})
    return _rendered(context, max(fitting, key=lambda row: len(row["Name"])), name)


def _rendered(context: Context, row: Row, name: str) -> Row:
    regexp = row["Template"]["Regexp"]
    groups = re.search(regexp, name) if regexp else None
    suffix = name[len(row["Name"]) :]

    def value(found: re.Match[str]) -> str:
        inside = found[1].strip()
        match = re.fullmatch(r"match\((\d+)\)", inside)
        if match is not None:
            number = int(match[1])
            found_group = groups[number] if groups and number <= len(groups.groups()) else ""
            return str(found_group or "")
        own = context.cluster.node
        known: dict[str, str] = {
            "name.full": name,
            "name.prefix": row["Name"],
            "name.suffix": suffix,
            "agent.segment": own,
        }
        return known.get(inside, "")

    service = _replaced(row["Service"], lambda text: PLACEHOLDER.sub(value, text))
    if row["Template"]["RemoveEmptyTags"]:
        service["Tags"] = [tag for tag in service["Tags"] or () if tag]
    return {**row, "Service": service}


def _replaced(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(part, change) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, change) for part in value]
    return change(value) if isinstance(value, str) else value


def _meta(context: Context) -> Row:
    return {
        "Index": 1,
        "LastContact": 0,
        "KnownLeader": True,
        "ConsistencyLevel": "leader",
        "NotModified": False,
        "Backend": 0,
        "ResultsFilteredByACLs": context.filtered,
    }


def explain(context: Context, name: str) -> Response:
    """Return the query that a name stands for, rendered."""
    context.parse_options()
    row = _resolve(context, name)
    shown = queries.shown(context, authorizer(context), row)
    return context.indexed(as_json({"Query": shown, **_meta(context)}), 1)


def execute(context: Context, name: str) -> Response:
    """Run a query: instances of its service here, else at the first of its failovers that has some."""
    context.parse_options()
    limit = _limit(context)
    row = _resolve(context, name)
    nodes, place, failovers = _found(context, row)
    _sort(context, row, nodes)
    answer = {
        "Service": row["Service"]["Service"],
        "Nodes": nodes[:limit] if limit else nodes,
        "DNS": row["DNS"],
        "Datacenter": place.get("Datacenter", ""),
        "PeerName": place.get("Peer", ""),
        "Failovers": failovers,
        **_meta(context),
    }
    return context.indexed(as_json(answer), 1)


def _limit(context: Context) -> int:
    text = context.query.get("limit", "")
    if text and not re.fullmatch(r"[+-]?[0-9]+", text):
        raise Refusal(500, f'Bad limit: strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text or 0)


def _found(context: Context, row: Row) -> tuple[list[Row], Row, int]:
    service, own = row["Service"], context.cluster
    connect = service["Connect"] or context.query.get("connect") in ("true", "1")
    nodes = _at(context, service, service["Peer"], connect)
    first = {"Peer": service["Peer"]} if service["Peer"] else {"Datacenter": own.datacenter}
    if nodes:
        return nodes, first, 0
    tried = 0
    for target in _targets(service["Failover"]):
        tried += 1
        nodes = _elsewhere(context, service, target, connect)
        if nodes:
            return nodes, target, tried
    return [], first, tried


def _targets(failover: Row) -> list[Row]:
    targets = [{key: part for key, part in one.items() if part} for one in failover["Targets"] or ()]
    return targets or [{"Datacenter": name} for name in failover["Datacenters"] or ()]


def _elsewhere(context: Context, service: Row, target: Row, connect: bool) -> list[Row]:
    if target.get("Peer"):
        return _at(context, service, target["Peer"], connect)
    other = context.world.datacenter(context.cluster, target.get("Datacenter", ""))
    if other is None:
        return []
    here, store = context.cluster, context.store
    context.cluster, context.store = other, other.store
    try:
        return _at(context, service, "", connect)
    finally:
        context.cluster, context.store = here, store


def _at(context: Context, service: Row, peer: str, connect: bool) -> list[Row]:
    found = instances(context, service["Service"], peer, connect=connect)
    return [one for one in found if _wanted(service, one)]


def _wanted(service: Row, one: Row) -> bool:
    """Say whether an instance is healthy enough and has the tags and meta data that are asked for."""
    ignored = service["IgnoreCheckIDs"] or ()
    statuses = {check["Status"] for check in one["Checks"] if check["CheckID"] not in ignored}
    if "critical" in statuses or (service["OnlyPassing"] and statuses - {"passing"}):
        return False
    tags = {str(tag).lower() for tag in one["Service"]["Tags"] or ()}
    for tag in service["Tags"] or ():
        if (tag.removeprefix("!").lower() in tags) == tag.startswith("!"):
            return False
    pairs = ((service["NodeMeta"], one["Node"]["Meta"]), (service["ServiceMeta"], one["Service"]["Meta"]))
    return all(
        (held or {}).get(key) == value for asked, held in pairs for key, value in (asked or {}).items()
    )


def _sort(context: Context, row: Row, nodes: list[Row]) -> None:
    """Put the nearest first, where a query or a request says to what and its coordinate is known.

    Otherwise servers shuffle what they found; the sandbox keeps the catalog's order.
    """
    near = context.query.get("near") or row["Service"]["Near"]
    source = context.store.coordinates.get((context.cluster.node if near == "_agent" else near, ""))
    if source is not None:
        table = context.store.coordinates
        nodes.sort(key=lambda one: distance(source, table.get((one["Node"]["Node"], ""))))
