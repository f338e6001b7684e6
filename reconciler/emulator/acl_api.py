"""/v1/acl: policies, roles and tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

from .access import NOT_FOUND, authorizer, require
from .acl_places import own_rules, rules_at
from .acl_rules import RuleError
from .context import Context
from .gojson import GoJSONError, struct
from .messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
POLICY_NAME = re.compile(r"[A-Za-z0-9\-_]+/?[A-Za-z0-9\-_]*")
POLICY: dict[str, type | str] = {
    "ID": str,
    "Name": str,
    "Description": str,
    "Rules": str,
    "Datacenters": list,
    "Hash": str,
    "CreateIndex": int,
    "ModifyIndex": int,
}
TOKEN: dict[str, type | str] = {
    "AccessorID": str,
    "SecretID": str,
    "Description": str,
    "Policies": object,
    "Roles": object,
    "ServiceIdentities": object,
    "NodeIdentities": object,
    "TemplatedPolicies": object,
    "Local": bool,
    "ExpirationTime": str,
    "ExpirationTTL": object,
    "CreateTime": str,
    "Hash": str,
    "CreateIndex": int,
    "ModifyIndex": int,
}
ROLE: dict[str, type | str] = {
    **{key: POLICY[key] for key in ("ID", "Name", "Description", "Hash", "CreateIndex", "ModifyIndex")},
    **dict.fromkeys(("Policies", "ServiceIdentities", "NodeIdentities", "TemplatedPolicies"), object),
}


# Enterprise: api.ACLPolicy, ACLRole and ACLToken say where they are. The request is there already.
SCOPE: dict[str, type | str] = {"Namespace": str, "Partition": str}


def _begin(context: Context, access: str, *, local: bool = False) -> None:
    """ACLs off: 401. A denied read carries an index all the same. Only local tokens are not the primary's."""
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


def _body(context: Context, name: str, fields: dict[str, type | str]) -> Row:
    scoped = context.cluster.version.enterprise
    try:
        body = struct(context.request.body, name, fields | SCOPE if scoped else fields)
        return {key: value for key, value in body.items() if key not in SCOPE}
    except GoJSONError as error:
        raise Refusal(400, f"{name.removeprefix('ACL')} decoding failed: {error}") from None


def _hash(row: Row) -> str:
    text = json.dumps(row, sort_keys=True).encode()
    return base64.b64encode(hashlib.blake2b(text, digest_size=32).digest()).decode()


def _missing(context: Context, what: str) -> Refusal:
    """Return the refusal of a read: a 404 of its own since Consul 1.15, but for tokens."""
    index = {"X-Consul-Index": str(context.store.table_index("acl"))}
    if not context.cluster.version.at_least(15):
        return Refusal(403, NOT_FOUND, headers=index)
    if what == "token":
        return Refusal(403, f"token does not exist: {NOT_FOUND}", headers=index)
    return Refusal(404, f"Requested {what} does not exist: {NOT_FOUND}")


def _stamp(context: Context, table: dict[str, Row], identifier: str, row: Row) -> Row:
    index = context.store.bump("acl")
    old = table.get(identifier)
    if context.cluster.version.enterprise:
        row |= {"Namespace": context.store.namespace, "Partition": context.store.partition}
    row["Hash"] = _hash(row)
    row["CreateIndex"] = old["CreateIndex"] if old else index
    row["ModifyIndex"] = index
    table[identifier] = row
    return row


def put_policy(context: Context) -> Response:
    """Create a policy, or change the one named in the path."""
    _begin(context, "write")
    body = _body(context, "ACLPolicy", POLICY)
    identifier = context.rest("/v1/acl/policy/")
    if not identifier and body.get("ID"):
        raise Refusal(400, "Cannot specify the ID when creating a new policy")
    _check_policy(context, identifier, body)
    identifier = identifier or context.world.new_id()
    row = {
        "ID": identifier,
        "Name": body["Name"],
        "Description": body.get("Description", ""),
        "Rules": body.get("Rules", ""),
    }
    if body.get("Datacenters"):
        row["Datacenters"] = body["Datacenters"]
    return as_json(_stamp(context, context.store.policies, identifier, row))


def _check_policy(context: Context, identifier: str, body: Row) -> None:
    name = body.get("Name", "")
    if not name:
        raise Refusal(500, "Invalid Policy: no Name is set")
    if not POLICY_NAME.fullmatch(name) or len(name) > 128:
        raise Refusal(
            500,
            "Invalid Policy: invalid Name. Only alphanumeric characters, a single '/', "
            "'-' and '_' are allowed",
        )
    if any(row["Name"] == name and key != identifier for key, row in context.store.policies.items()):
        raise Refusal(500, f'Invalid Policy: A Policy with Name "{name}" already exists')
    try:
        if context.cluster.version.enterprise:
            rules_at(body.get("Rules", ""), context.store.place, context.store.place)
        else:
            own_rules(body.get("Rules", ""))
    except (RuleError, ValueError) as error:
        raise Refusal(500, f"{error}") from None


def _links(context: Context, table: dict[str, Row], links: Any, what: str) -> list[Row]:
    out = []
    for link in links or ():
        found = table.get(link.get("ID", "")) or next(
            (row for row in table.values() if row["Name"] == link.get("Name")), None
        )
        if found is None:
            raise Refusal(500, f'No such ACL {what} with name "{link.get("Name", "")}"')
        out.append({"ID": found["ID"], "Name": found["Name"]})
    return out


def put_role(context: Context) -> Response:
    """Create or change a role."""
    _begin(context, "write")
    body = _body(context, "ACLRole", ROLE)
    identifier = context.rest("/v1/acl/role/") or context.world.new_id()
    row = {"ID": identifier, "Name": body.get("Name", ""), "Description": body.get("Description", "")}
    row["Policies"] = _links(context, context.store.policies, body.get("Policies"), "policy")
    return as_json(_stamp(context, context.store.roles, identifier, row))


def put_token(context: Context) -> Response:
    """Create a token, or change the one named in the path."""
    body = _body(context, "ACLToken", TOKEN)
    _begin(context, "write", local=bool(body.get("Local")))
    accessor = context.rest("/v1/acl/token/") or body.get("AccessorID") or context.world.new_id()
    old = context.store.tokens.get(accessor, {})
    row: Row = {
        "AccessorID": accessor,
        "SecretID": old.get("SecretID") or body.get("SecretID") or context.world.new_id(),
        "Description": body.get("Description", ""),
    }
    for key, table, what in (
        ("Policies", context.store.policies, "policy"),
        ("Roles", context.store.roles, "role"),
    ):
        if body.get(key):
            row[key] = _links(context, table, body[key], what)
    for key in ("ServiceIdentities", "NodeIdentities", "TemplatedPolicies"):
        if body.get(key):
            row[key] = body[key]
    row["Local"] = bool(body.get("Local"))
    row["CreateTime"] = old.get("CreateTime") or context.world.wall()
    return as_json(_stamp(context, context.store.tokens, accessor, row))


TABLES = {"policy": "policies", "role": "roles", "token": "tokens"}


def _table(context: Context, what: str) -> dict[str, Row]:
    table: dict[str, Row] = getattr(context.store, TABLES[what])
    return table


def _what(context: Context) -> str:
    return context.request.path.split("/")[3]


def read(context: Context) -> Response | Block:
    """Return a policy, role or token by ID, a policy or role by name, or the token itself."""
    what = _what(context)
    rest = context.rest(f"/v1/acl/{what}/")
    if what == "token" and rest == "self":
        return _self(context)
    _begin(context, "read")
    context.parse_options()
    table = _table(context, what)
    if rest.startswith("name/"):
        name = rest.removeprefix("name/")
        row = next((row for row in table.values() if row["Name"] == name), None)
    else:
        row = table.get(rest)
    if row is None:
        raise _missing(context, what)
    shown = _hidden(context, row)
    return context.read(("acl",), lambda: shown)


def _self(context: Context) -> Response | Block:
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    secret = context.token
    own = next((row for row in context.store.tokens.values() if row["SecretID"] == secret), None)
    if own is None and secret == context.cluster.management_token:
        own = _management(secret)
    if own is None:
        raise Refusal(403, NOT_FOUND)
    return context.read(("acl",), lambda: own)


def _management(secret: str) -> Row:
    policy = {"ID": "00000000-0000-0000-0000-000000000001", "Name": "global-management"}
    row = {
        "SecretID": secret,
        "Description": "Initial Management Token",
        "Policies": [policy],
        "Local": False,
    }
    return {"AccessorID": f"{secret[:24]}000000000001"[:36], **row, "CreateIndex": 5, "ModifyIndex": 5}


def _hidden(context: Context, row: Row) -> Row:
    if "SecretID" in row and not authorizer(context).allows("acl", "write"):
        return {**row, "SecretID": "<hidden>"}
    return row


def list_all(context: Context) -> Response | Block:
    """Return all policies (without their rules), roles or tokens."""
    _begin(context, "read")
    context.parse_options()
    table = next(name for name in TABLES.values() if name == _what(context))
    rows = getattr(context.store, table).values()
    shown = [{key: part for key, part in _hidden(context, row).items() if key != "Rules"} for row in rows]
    return context.read(("acl",), lambda: shown)


def delete(context: Context) -> Response:
    """Delete a policy, role or token."""
    what = _what(context)
    own = _table(context, what).get(context.rest(f"/v1/acl/{what}/"), {})
    _begin(context, "write", local=own.get("Local", False))
    if _table(context, what).pop(context.rest(f"/v1/acl/{what}/"), None) is not None:
        context.store.bump("acl")
    return as_json(True)
