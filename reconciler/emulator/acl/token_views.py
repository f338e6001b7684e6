"""/v1/acl/token and tokens: what is read of them, and who sees their secrets."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer
from reconciler.emulator.acl.rows import (
    begin,
    missing,
    named,
    require_uuid,
    shown_links,
)
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.messages import Block, Refusal, Response

PREFIX = "/v1/acl/token/"
Row = dict[str, Any]
HIDDEN = "<hidden>"
FILTERS = ("policy", "role", "authmethod", "servicename")


def read(context: Context) -> Response | Block:
    """Return a token by its accessor ID, or the request's own; `?expanded` adds what it may do."""
    accessor = named(context, PREFIX, "token AccessorID")
    if accessor == "self":
        return _self(context)
    begin(context, "read")
    context.parse_options()
    require_uuid(context, "token", accessor)
    row = context.store.tokens.get(accessor)
    if row is None:
        raise missing(context, "token")
    return context.read(("acl",), lambda: _shown(context, row))


def _self(context: Context) -> Response | Block:
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    secret = context.token or "anonymous"
    own = next((row for row in context.store.tokens.values() if row["SecretID"] == secret), None)
    if own is None:
        raise missing(context, "token")
    return context.read(("acl",), lambda: shown_links(context.store, own))


def _shown(context: Context, row: Row) -> Row:
    shown = _hidden(context, shown_links(context.store, row))
    if context.query.get("expanded") in ("true", "1", ""):
        shown |= _expanded(context, row) if "expanded" in context.query else {}
    return shown


def _expanded(context: Context, row: Row) -> Row:
    """Return all that a token may do, and how the agent decides where no rule speaks of a resource."""
    store = context.store
    roles = [store.roles[link["ID"]] for link in row.get("Roles") or () if link["ID"] in store.roles]
    linked = [link for one in (row, *roles) for link in one.get("Policies") or ()]
    policies = {link["ID"]: store.policies[link["ID"]] for link in linked if link["ID"] in store.policies}
    return {
        "ExpandedPolicies": list(policies.values()),
        "ExpandedRoles": [shown_links(store, role) for role in roles] or None,
        "NamespaceDefaultPolicyIDs": None,
        "NamespaceDefaultRoleIDs": None,
        "AgentACLDefaultPolicy": context.cluster.default_policy,
        "AgentACLDownPolicy": "extend-cache",
        "ResolvedByAgent": context.cluster.node,
    }


def _hidden(context: Context, row: Row) -> Row:
    if not authorizer(context).allows("acl", "write"):
        return {**row, "SecretID": HIDDEN}
    return row


def list_all(context: Context) -> Response | Block:
    """Return all tokens, or those with `?policy`, `?role`, `?authmethod` or `?servicename`."""
    begin(context, "read")
    context.parse_options()
    if sum(1 for name in FILTERS if context.query.get(name)) > 1:
        raise Refusal(500, "can only filter by one of policy, role, serviceName, or methodName at a time")

    def answer() -> list[Row]:
        rows = [_hidden(context, shown_links(context.store, row)) for row in context.store.tokens.values()]
        return [row for row in rows if _wanted(context, row)]

    return context.read(("acl",), answer)


def _wanted(context: Context, row: Row) -> bool:
    query = context.query
    for name, key in (("policy", "Policies"), ("role", "Roles")):
        if query.get(name) and all(link["ID"] != query[name] for link in row.get(key) or ()):
            return False
    if query.get("authmethod") and row.get("AuthMethod") != query["authmethod"]:
        return False
    service = query.get("servicename")
    return not service or any(one["ServiceName"] == service for one in row.get("ServiceIdentities") or ())
