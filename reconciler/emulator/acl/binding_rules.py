"""/v1/acl/binding-rules and binding-rule: whom a login of an auth method becomes."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.rows import (
    INDEXES,
    UUID,
    Fields,
    begin,
    named,
    read_body,
    read_row,
    stamp,
)
from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.language import filter_refused
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
BINDS = ("service", "node", "role", "policy", "templated-policy")
RULE_PATH = "/v1/acl/binding-rule/"
RULE: Fields = {
    **dict.fromkeys(("ID", "Description", "AuthMethod", "Selector", "BindType", "BindName"), str),
    "BindVars": object,
    **INDEXES,
}


def put_rule(context: Context) -> Response:
    """Create a binding rule, or change the one named in the path."""
    begin(context, "write")
    body = read_body(context, "ACLBindingRule", RULE, words="BindingRule")
    identifier = context.rest(RULE_PATH)
    if not identifier and body.get("ID"):
        raise Refusal(400, "Cannot specify the ID when creating a new binding rule")
    if identifier and body.get("ID", identifier) != identifier:
        raise Refusal(400, "Binding rule ID in URL and payload do not match")
    row = {"ID": identifier, **{key: body.get(key, "") for key in list(RULE)[1:6]}}
    _check_rule(context, row)
    row["ID"] = identifier or context.world.new_id()
    if body.get("BindVars"):
        row["BindVars"] = body["BindVars"]
    return as_json(
        stamp(context.cluster, context.store, context.store.binding_rules, row["ID"], row, hashed=False)
    )


def _check_rule(context: Context, row: Row) -> None:
    bad = "Invalid Binding Rule: "
    if row["ID"]:
        old = context.store.binding_rules.get(row["ID"])
        if not UUID.fullmatch(row["ID"]):
            raise Refusal(500, "Binding Rule ID invalid UUID")
        if old is None:
            raise Refusal(500, f"cannot find binding rule {row['ID']}")
        row["AuthMethod"] = row["AuthMethod"] or old["AuthMethod"]
        if row["AuthMethod"] != old["AuthMethod"]:
            raise Refusal(500, "the AuthMethod field of an Binding Rule is immutable")
    if not row["AuthMethod"]:
        raise Refusal(500, f"{bad}no AuthMethod is set")
    if row["AuthMethod"] not in context.store.methods:
        raise Refusal(500, f'cannot find auth method with name "{row["AuthMethod"]}"')
    why = filter_refused(row["Selector"]) if row["Selector"] else None
    if why is not None:
        raise Refusal(500, f"invalid Binding Rule: Selector is invalid: {why}")
    if not row["BindType"]:
        raise Refusal(500, f"{bad}no BindType is set")
    if not row["BindName"]:
        raise Refusal(500, f"{bad}no BindName is set")
    if row["BindType"] not in BINDS:
        raise Refusal(
            500, f"{bad}invalid BindName or BindVars: unknown binding rule bind type: {row['BindType']}"
        )


def read_rule(context: Context) -> Response | Block:
    """Return a binding rule by its ID."""
    return read_row(context, named(context, RULE_PATH, "binding rule ID"), "binding_rules", "binding rule")


def list_rules(context: Context) -> Response | Block:
    """Return the binding rules, those of `?authmethod` where it is given."""
    begin(context, "read")
    context.parse_options()
    method = context.query.get("authmethod", "")
    rows = [row for row in context.store.binding_rules.values() if method in ("", row["AuthMethod"])]
    return context.read(("acl",), lambda: rows)


def delete_rule(context: Context) -> Response:
    """Remove a binding rule."""
    identifier = named(context, RULE_PATH, "binding rule ID")
    begin(context, "write")
    if context.store.binding_rules.pop(identifier, None) is None:
        raise Refusal(404, "Cannot find binding rule to delete")
    context.store.bump("acl")
    return as_json(True)
