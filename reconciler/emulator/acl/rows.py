"""What policies, roles, tokens, auth methods and binding rules have in common: bodies, links, indexes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from reconciler.emulator.acl.access import NOT_FOUND, authorizer, require
from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Store
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Block, Refusal, Response

Row = dict[str, Any]
Fields = dict[str, type | str]
INDEXES: Fields = {"CreateIndex": int, "ModifyIndex": int}
UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
# Enterprise: api.ACLPolicy, ACLRole and ACLToken say where they are. The request is there already.
SCOPE: Fields = {"Namespace": str, "Partition": str}
UUID_PROBLEM = "index error: UUID must be 36 characters"


def begin(context: Context, access: str, *, local: bool = False) -> None:
    """Begin a request: 401 with ACLs off. A denied read carries an index all the same. Only local tokens are
    not the primary's.
    """
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    if access == "write" and not local:
        context.ask_primary()
    try:
        require(authorizer(context), "acl", access)
    except Refusal as refusal:
        if context.request.method == "GET":
            refusal.headers["X-Consul-Index"] = str(context.store.table_index("acl"))
        raise


def named(context: Context, prefix: str, what: str) -> str:
    """Return what the path names behind `prefix`; 400 where it names nothing."""
    found = context.rest(prefix)
    if not found:
        raise Refusal(400, f"Missing {what}")
    return found


def read_row(context: Context, key: str, table: str, what: str) -> Response | Block:
    """Answer with a row of one of the store's tables, or with the refusal of a read of `what`."""
    begin(context, "read")
    context.parse_options()
    row = getattr(context.store, table).get(key)
    if row is None:
        raise missing(context, what)
    return context.read(("acl",), lambda: row)


def read_body(context: Context, name: str, fields: Fields, *, words: str = "") -> Row:
    """Return the request's body; 400 for what is not of the fields."""
    scoped = context.cluster.version.enterprise
    try:
        body = struct(context.request.body, name, fields | SCOPE if scoped else fields)
        return {key: value for key, value in body.items() if key not in SCOPE}
    except GoJSONError as error:
        raise Refusal(400, f"{words or name.removeprefix('ACL')} decoding failed: {error}") from None


def digest(row: Row) -> str:
    """Return the Hash of a row."""
    text = json.dumps(row, sort_keys=True).encode()
    return base64.b64encode(hashlib.blake2b(text, digest_size=32).digest()).decode()


def stamp(
    cluster: Cluster, store: Store, table: dict[str, Row], identifier: str, row: Row, *, hashed: bool = True
) -> Row:
    """Store a row by a write of its own."""
    index = store.bump("acl")
    old = table.get(identifier)
    if cluster.version.enterprise:
        row |= {"Namespace": store.namespace, "Partition": store.partition}
    if hashed:
        row["Hash"] = digest(row)
    row["CreateIndex"] = old["CreateIndex"] if old else index
    row["ModifyIndex"] = index
    table[identifier] = row
    return row


def missing(context: Context, what: str) -> Refusal:
    """Return the refusal of a read: a 404 of its own since Consul 1.15, but for tokens."""
    index = {"X-Consul-Index": str(context.store.table_index("acl"))}
    if not context.cluster.version.at_least(15):
        if what == "role":
            return Refusal(404, "", headers={"Content-Type": ""})
        return Refusal(403, NOT_FOUND, headers=index)
    if what == "token":
        return Refusal(403, f"token does not exist: {NOT_FOUND}", headers=index)
    return Refusal(404, f"Requested {what} does not exist: {NOT_FOUND}")


def require_uuid(context: Context, what: str, identifier: str) -> None:
    """Refuse what is no ID in the place of one."""
    if not UUID.fullmatch(identifier):
        index = {"X-Consul-Index": str(context.store.table_index("acl"))}
        raise Refusal(500, f"failed acl {what} lookup: {UUID_PROBLEM}", headers=index)


def links(table: dict[str, Row], asked: Any, what: str) -> list[Row]:
    """Return links by ID and name, each once; 500 for what is linked and is not there."""
    out: dict[str, Row] = {}
    for link in asked or ():
        identifier, name = link.get("ID", ""), link.get("Name", "")
        found = table.get(identifier) if identifier else _named(table, name)
        if found is None:
            said = f'ID "{identifier}"' if identifier else f'name "{name}"'
            raise Refusal(500, f"No such ACL {what} with {said}")
        out[found["ID"]] = {"ID": found["ID"], "Name": found["Name"]}
    return list(out.values())


def _named(table: dict[str, Row], name: str) -> Row | None:
    return next((row for row in table.values() if row["Name"].lower() == name.lower()), None)


def shown_links(store: Store, row: Row) -> Row:
    """Return a row with its links as they are now: what they link to may be renamed or gone."""
    shown = dict(row)
    for key, table in (("Policies", store.policies), ("Roles", store.roles)):
        if key in shown:
            kept = [table[link["ID"]] for link in shown[key] if link["ID"] in table]
            shown[key] = [{"ID": one["ID"], "Name": one["Name"]} for one in kept]
            if not shown[key]:
                del shown[key]
    return shown
