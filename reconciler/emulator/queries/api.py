"""/v1/query: prepared queries, made, read, changed and removed."""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.acl.rules import Authorizer
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.durations import parse_duration
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json, empty

Row = dict[str, Any]
PREFIX = "/v1/query/"
ID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
FAILOVER: Row = {"NearestN": 0, "Datacenters": None, "Targets": None}
SERVICE: Row = {
    "Service": "",
    "SamenessGroup": "",
    "Failover": FAILOVER,
    "OnlyPassing": False,
    "IgnoreCheckIDs": None,
    "Near": "",
    "Tags": None,
    "NodeMeta": None,
    "ServiceMeta": None,
    "Connect": False,
    "Peer": "",
}
QUERY: Row = {
    "ID": "",
    "Name": "",
    "Session": "",
    "Token": "",
    "Template": {"Type": "", "Regexp": "", "RemoveEmptyTags": False},
    "Service": SERVICE,
    "DNS": {"TTL": ""},
}
HIDDEN = "<hidden>"


def create(context: Context) -> Response:
    """Make a query and return its ID."""
    context.ask(context.query.get("dc", ""))
    row = _body(context)
    if row["ID"]:
        raise Refusal(500, "ID must be empty when creating a new prepared query")
    row["ID"] = context.world.new_id()
    _write(context, row)
    return as_json({"ID": row["ID"]})


def update(context: Context) -> Response:
    """Replace a query that is there."""
    context.ask(context.query.get("dc", ""))
    row = {**_body(context), "ID": context.rest(PREFIX)}
    _existing(context, row["ID"])
    _write(context, row)
    return empty()


def delete(context: Context) -> Response:
    """Remove a query."""
    context.ask(context.query.get("dc", ""))
    old = _existing(context, context.rest(PREFIX))
    _require(authorizer(context), "write", old)
    del context.store.queries[old["ID"]]
    context.store.bump("query")
    return empty()


def _existing(context: Context, identifier: str) -> Row:
    if not ID.fullmatch(identifier):
        raise Refusal(500, _no_uuid(identifier, "Prepared Query lookup failed: "))
    old: Row | None = context.store.queries.get(identifier)
    if old is None:
        raise Refusal(500, f"Cannot modify non-existent prepared query: '{identifier}'")
    return old


def _no_uuid(identifier: str, words: str) -> str:
    why = "UUID must be 36 characters" if len(identifier) != 36 else "Invalid UUID"
    return f"{words}failed prepared query lookup: index error: {why}"


def _body(context: Context) -> Row:
    try:
        value = loads(context.request.body)
        row: Row = _filled(value, QUERY)
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    return row


def _filled(value: Any, shape: Row) -> Row:
    """Return an object with every field of its shape; raises GoJSONError for a field that is none of it."""
    known = {name.lower(): name for name in shape}
    found: Row = {}
    for key, part in (value if isinstance(value, dict) else {}).items():
        name = known.get(key.lower())
        if name is None and key not in ("CreateIndex", "ModifyIndex"):
            raise GoJSONError(f'json: unknown field "{key}"')
        if name is not None and part is not None:
            found[name] = part
    return {
        name: _filled(found.get(name), zero) if isinstance(zero, dict) else found.get(name, zero)
        for name, zero in shape.items()
    }


def _write(context: Context, row: Row) -> None:
    who = authorizer(context)
    _require(who, "write", row)
    _validate(context, row)
    table = context.store.queries
    for other in table.values():
        if row["Name"] and other["ID"] != row["ID"] and _kind(other) == _kind(row):
            raise Refusal(500, f"raft apply failed: name '{row['Name']}' aliases an existing query name")
    old = table.get(row["ID"])
    index = context.store.bump("query")
    table[row["ID"]] = {**row, "CreateIndex": old["CreateIndex"] if old else index, "ModifyIndex": index}


def _kind(row: Row) -> tuple[str, bool]:
    """Return what two queries must not share: a name, among queries or among templates."""
    return row["Name"].lower(), bool(row["Template"]["Type"])


def _require(who: Authorizer, access: str, row: Row) -> None:
    name = _prefix(row)
    if name is None:
        return
    require(who, "query", access, name)


def _prefix(row: Row) -> str | None:
    """Return the name that rules of queries are about; None for a query without one."""
    if row["Template"]["Type"] or row["Name"]:
        return str(row["Name"])
    return None


def _validate(context: Context, row: Row) -> None:
    bad = "Invalid prepared query: "
    if not row["Name"] and not row["Template"]["Type"] and not row["Session"]:
        raise Refusal(500, f"{bad}Must be bound to a session")
    if row["Token"] == HIDDEN:
        raise Refusal(
            500,
            f"{bad}Bad Token '{HIDDEN}', it looks like a query definition with a redacted token was "
            "submitted",
        )
    service = row["Service"]
    if not service["Service"]:
        raise Refusal(500, f"{bad}Must provide a Service name to query")
    failover = service["Failover"]
    if failover["NearestN"] < 0:
        raise Refusal(500, f"{bad}Bad NearestN '{failover['NearestN']}', must be >= 0")
    if failover["Targets"] and (failover["NearestN"] or failover["Datacenters"]):
        raise Refusal(500, f"{bad}Targets cannot be populated with NearestN or Datacenters")
    _validate_ttl(row["DNS"]["TTL"], bad)
    if row["Session"] and row["Session"] not in context.store.sessions:
        raise Refusal(500, f'raft apply failed: invalid session "{row["Session"]}"')
    _validate_template(row["Template"])


def _validate_ttl(text: str, bad: str) -> None:
    if not text:
        return
    try:
        ttl = parse_duration(text)
    except ValueError as error:
        raise Refusal(500, f"{bad}Bad DNS TTL '{text}': {error}") from None
    if ttl < 0:
        raise Refusal(500, f"{bad}DNS TTL '{ttl / 1e9:g}s', must be >=0")


def _validate_template(template: Row) -> None:
    words = "raft apply failed: failed compiling template: "
    if template["Type"] not in ("", "name_prefix_match"):
        raise Refusal(500, f"{words}Bad Template.Type '{template['Type']}'")
    try:
        re.compile(template["Regexp"])
    except re.error:
        raise Refusal(500, f"{words}Bad Regexp: error parsing regexp: `{template['Regexp']}`") from None


def shown(context: Context, who: Authorizer, row: Row) -> Row:
    """Return a query as its reader sees it: a token in it is for those who may manage."""
    if not context.cluster.version.at_least(16):
        service = {key: part for key, part in row["Service"].items() if key != "SamenessGroup"}
        row = {**row, "Service": service}
    if row["Token"] and not who.allows("acl", "write"):
        return {**row, "Token": HIDDEN}
    return row


def list_all(context: Context) -> Response | Block:
    """Return every query that the token may read."""
    context.parse_options()
    who = authorizer(context)

    def answer() -> list[Row]:
        rows = [row for _, row in sorted(context.store.queries.items())]
        seen = [row for row in rows if _readable(who, row)]
        context.filtered = len(seen) < len(rows) and bool(who.accessor)
        return [shown(context, who, row) for row in seen]

    return context.read(("query",), answer)


def _readable(who: Authorizer, row: Row) -> bool:
    name = _prefix(row)
    if name is None:
        return who.everything
    return who.allows("query", "read", name)


def read(context: Context) -> Response | Block:
    """Return a query by its ID, as a list."""
    context.parse_options()
    identifier = context.rest(PREFIX)
    index = {"X-Consul-Index": str(context.store.table_index("query"))}
    if not ID.fullmatch(identifier):
        raise Refusal(500, _no_uuid(identifier, ""), headers={"X-Consul-Index": "1"})
    row = context.store.queries.get(identifier)
    if row is None:
        raise Refusal(404, "Query not found", headers=index)
    who = authorizer(context)
    if _prefix(row) is not None:
        _require(who, "read", row)
    return context.read(("query",), lambda: [shown(context, who, row)])
