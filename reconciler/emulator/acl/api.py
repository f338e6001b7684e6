"""/v1/acl: policies and roles."""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.acl import identities as acl_identities
from reconciler.emulator.acl.places import own_rules, rules_at
from reconciler.emulator.acl.rows import (
    Fields,
    begin,
    links,
    missing,
    named,
    read_body,
    require_uuid,
    shown_links,
    stamp,
)
from reconciler.emulator.acl.rules import RuleError
from reconciler.emulator.acl.seed import BUILTIN
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
POLICY_NAME = re.compile(r"[A-Za-z0-9\-_]+/?[A-Za-z0-9\-_]*")
ROLE_NAME = re.compile(r"[A-Za-z0-9\-_]{1,256}")
POLICY: Fields = {
    "ID": str,
    "Name": str,
    "Description": str,
    "Rules": str,
    "Datacenters": list,
    "Hash": str,
    "CreateIndex": int,
    "ModifyIndex": int,
}
ROLE: Fields = {
    **{key: POLICY[key] for key in ("ID", "Name", "Description", "Hash", "CreateIndex", "ModifyIndex")},
    **dict.fromkeys(("Policies", "ServiceIdentities", "NodeIdentities", "TemplatedPolicies"), object),
}
TABLES = {"policy": "policies", "role": "roles"}


def put_policy(context: Context) -> Response:
    """Create a policy, or change the one named in the path."""
    begin(context, "write")
    body = read_body(context, "ACLPolicy", POLICY)
    identifier = _identifier(context, "policy", body)
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
    return as_json(stamp(context.cluster, context.store, context.store.policies, identifier, row))


def _identifier(context: Context, what: str, body: Row) -> str:
    """Return the ID in the path ("" for a new one), which the body must not contradict."""
    identifier = context.rest(f"/v1/acl/{what}/")
    if not identifier and body.get("ID"):
        raise Refusal(400, f"Cannot specify the ID when creating a new {what}")
    if identifier and body.get("ID") and body["ID"] != identifier:
        raise Refusal(400, f"{what.title()} ID in URL and payload do not match")
    return identifier


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
    old = context.store.policies.get(identifier)
    if identifier and old is None:
        raise Refusal(500, f"cannot find policy {identifier}")
    _check_taken(context.store.policies, identifier, name, "Policy")
    if old is not None and identifier in BUILTIN and old["Rules"] != body.get("Rules", ""):
        raise Refusal(
            500, f"Changing the Rules for the builtin {BUILTIN[identifier]} policy is not permitted"
        )
    _check_rules(context, body.get("Rules", ""))


def _check_taken(table: dict[str, Row], identifier: str, name: str, what: str) -> None:
    if any(row["Name"] == name and key != identifier for key, row in table.items()):
        raise Refusal(500, f'Invalid {what}: A {what} with Name "{name}" already exists')


def _check_rules(context: Context, rules: str) -> None:
    try:
        if context.cluster.version.enterprise:
            rules_at(rules, context.store.place, context.store.place)
        else:
            own_rules(rules)
    except (RuleError, ValueError) as error:
        raise Refusal(500, f"{error}") from None


def put_role(context: Context) -> Response:
    """Create or change a role."""
    begin(context, "write")
    body = read_body(context, "ACLRole", ROLE)
    identifier, name = _identifier(context, "role", body), body.get("Name", "")
    if not name:
        raise Refusal(500, "Invalid Role: no Name is set")
    if not ROLE_NAME.fullmatch(name):
        raise Refusal(
            500, "Invalid Role: invalid Name. Only alphanumeric characters, '-' and '_' are allowed"
        )
    table = context.store.roles
    if identifier and identifier not in table:
        raise Refusal(500, f"cannot find role {identifier}")
    _check_taken(table, identifier, name, "Role")
    identifier = identifier or context.world.new_id()
    row = {"ID": identifier, "Name": name, "Description": body.get("Description", "")}
    policies = links(context.store.policies, body.get("Policies"), "policy")
    row |= {"Policies": policies} if policies else {}
    row |= acl_identities.check(body, "role")
    return as_json(stamp(context.cluster, context.store, table, identifier, row))


def _table(context: Context, what: str) -> dict[str, Row]:
    table: dict[str, Row] = getattr(context.store, TABLES[what])
    return table


def _what(context: Context) -> str:
    return context.request.path.split("/")[3]


def read(context: Context) -> Response | Block:
    """Return a policy or role by ID or by name."""
    what = _what(context)
    rest = context.rest(f"/v1/acl/{what}/")
    if rest in ("", "name/"):
        raise Refusal(400, f"Missing {what} {'Name' if rest else 'ID'}")
    begin(context, "read")
    context.parse_options()
    table = _table(context, what)
    if rest.startswith("name/"):
        name = rest.removeprefix("name/").lower()
        row = next((row for row in table.values() if row["Name"].lower() == name), None)
    else:
        require_uuid(context, what, rest)
        row = table.get(rest)
    if row is None:
        raise missing(context, what)
    return context.read(("acl",), lambda: shown_links(context.store, row))


def list_all(context: Context) -> Response | Block:
    """Return all policies (without their rules) or roles, sorted by name; of roles those with `?policy`."""
    begin(context, "read")
    context.parse_options()
    table = next(name for name in TABLES.values() if name == _what(context))
    rows = sorted(getattr(context.store, table).values(), key=lambda row: str(row["Name"]))
    shown = [_stub(context, row, table) for row in rows]
    policy = context.query.get("policy", "")
    if policy and table == "roles":
        shown = [row for row in shown if any(link["ID"] == policy for link in row.get("Policies") or ())]
    return context.read(("acl",), lambda: shown)


def _stub(context: Context, row: Row, table: str) -> Row:
    if table == "roles":
        return shown_links(context.store, row)
    names = ("ID", "Name", "Description", "Datacenters", "Hash", "CreateIndex", "ModifyIndex")
    scope = {key: row[key] for key in ("Namespace", "Partition") if key in row}
    return {key: row.get(key) for key in names} | scope


def delete(context: Context) -> Response:
    """Delete a policy or role."""
    what = _what(context)
    identifier = named(context, f"/v1/acl/{what}/", f"{what} ID")
    begin(context, "write")
    if what == "policy" and identifier in BUILTIN:
        raise Refusal(500, f"Delete operation not permitted on the builtin {BUILTIN[identifier]} policy")
    if _table(context, what).pop(identifier, None) is None:
        return _nothing(context, what)
    context.store.bump("acl")
    return as_json(True)


def _nothing(context: Context, what: str) -> Response:
    """Answer for what is not there: a 404 since Consul 1.15."""
    if not context.cluster.version.at_least(15):
        return as_json(True)
    raise Refusal(404, f"Cannot find {what} to delete")
