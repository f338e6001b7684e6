"""/v1/acl/token: tokens are made, cloned, changed and removed; and they end."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from reconciler.emulator.acl import identities as acl_identities
from reconciler.emulator.acl.access import ANONYMOUS_ID
from reconciler.emulator.acl.rows import (
    UUID,
    Fields,
    begin,
    links,
    missing,
    named,
    read_body,
    stamp,
)
from reconciler.emulator.acl.token_views import PREFIX
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import Store
from reconciler.emulator.wire.durations import format_duration, parse_duration
from reconciler.emulator.wire.gojson import GoJSONError
from reconciler.emulator.wire.messages import Refusal, Response, as_json

Row = dict[str, Any]
CLONE = "/clone"
SHORTEST_NS, LONGEST_NS = 60 * 10**9, 24 * 3600 * 10**9
TOKEN: Fields = {
    "AccessorID": str,
    "SecretID": str,
    "Description": str,
    "Policies": object,
    "Roles": object,
    "ServiceIdentities": object,
    "NodeIdentities": object,
    "TemplatedPolicies": object,
    "Local": bool,
    "AuthMethod": str,
    "ExpirationTime": str,
    "ExpirationTTL": object,
    "CreateTime": str,
    "Hash": str,
    "CreateIndex": int,
    "ModifyIndex": int,
    "Rules": str,
}
ORDER = (
    "AccessorID",
    "SecretID",
    "Description",
    "Policies",
    "Roles",
    *acl_identities.KEYS,
    "Local",
    "AuthMethod",
    "ExpirationTime",
    "CreateTime",
)


def put(context: Context) -> Response:
    """Create a token, or change or clone the one named in the path."""
    path = context.rest(PREFIX)
    if path.endswith(CLONE):
        return _clone(context, path.removesuffix(CLONE))
    if context.request.path.startswith(PREFIX) and not path:
        raise Refusal(400, "Missing token AccessorID")
    body = _body(context)
    begin(context, "write", local=bool(body.get("Local")))
    return as_json(_change(context, path, body) if path else _make(context, body))


def _body(context: Context) -> Row:
    try:
        return read_body(context, "ACLToken", TOKEN)
    except GoJSONError as error:
        raise Refusal(400, f"Token decoding failed: {error}") from None


def _make(context: Context, body: Row) -> Row:
    table = context.store.tokens
    for key, taken in (("AccessorID", set(table)), ("SecretID", {t["SecretID"] for t in table.values()})):
        asked = body.get(key, "")
        if asked and not UUID.fullmatch(asked):
            raise Refusal(500, f"Invalid Token: {key} - not a valid UUID")
        if asked and asked in taken:
            raise Refusal(500, f"Invalid Token: {key} is already in use")
    row = {
        "AccessorID": body.get("AccessorID") or context.world.new_id(),
        "SecretID": body.get("SecretID") or context.world.new_id(),
        "CreateTime": context.world.wall(),
        "Local": bool(body.get("Local")),
        **_expiration(context, body),
    }
    if body.get("AuthMethod"):
        raise Refusal(500, "Invalid Token: AuthMethod field is disallowed outside of login")
    return write(context, {**row, **_granted(context, body)})


def _change(context: Context, accessor: str, body: Row) -> Row:
    if body.get("AccessorID") and body["AccessorID"] != accessor:
        raise Refusal(400, "Token Accessor ID in URL and payload do not match")
    old = context.store.tokens.get(accessor)
    if old is None:
        raise Refusal(500, f'Cannot find token "{accessor}"')
    if body.get("SecretID") and body["SecretID"] != old["SecretID"]:
        raise Refusal(500, "Changing a token's SecretID is not permitted")
    if "Local" in body and bool(body["Local"]) != old["Local"]:
        raise Refusal(500, f"Cannot toggle local mode of {accessor}")
    kept = ("AccessorID", "SecretID", "CreateTime", "Local", "AuthMethod", "ExpirationTime")
    return write(context, {**{key: old[key] for key in kept if key in old}, **_granted(context, body)})


def _granted(context: Context, body: Row) -> Row:
    """Return what a body gives to a token: description, policies, roles, identities."""
    row: Row = {"Description": body.get("Description", "")}
    for key, table, what in (
        ("Policies", context.store.policies, "policy"),
        ("Roles", context.store.roles, "role"),
    ):
        found = links(table, body.get(key), what)
        row |= {key: found} if found else {}
    return row | acl_identities.check(body, "token")


def write(context: Context, row: Row) -> Row:
    """Store a token with its fields in Consul's order, and let it end where it is to."""
    ordered = {key: row[key] for key in ORDER if key in row}
    kept = stamp(context.cluster, context.store, context.store.tokens, row["AccessorID"], ordered)
    if "ExpirationTime" in row:
        moment = datetime.fromisoformat(row["ExpirationTime"][:26] + "+00:00").timestamp()
        due = context.world.clock() + moment - context.world.wall_seconds()
        context.world.at(due, partial(_end, context.world, context.store, row["AccessorID"]))
    return kept


def _end(world: WorldState, store: Store, accessor: str) -> None:
    row = store.tokens.get(accessor)
    if row is not None and row.get("ExpirationTime", "9") <= world.wall():
        del store.tokens[accessor]
        store.bump("acl")


def _expiration(context: Context, body: Row) -> Row:
    ttl, moment = body.get("ExpirationTTL"), body.get("ExpirationTime")
    if moment and moment <= context.world.wall():
        raise Refusal(500, "ExpirationTime cannot be before CreateTime")
    if moment:
        return {"ExpirationTime": moment}
    if not ttl:
        return {}
    try:
        length = parse_duration(ttl) if isinstance(ttl, str) else int(ttl)
    except ValueError as error:
        raise Refusal(400, f"Token decoding failed: {error}") from None
    if length < 0:
        raise Refusal(500, f"Token Expiration TTL '{format_duration(length)}' should be > 0")
    words = f"(was {format_duration(length)})"
    if length < SHORTEST_NS:
        raise Refusal(500, f"ExpirationTime cannot be less than 1m0s in the future {words}")
    return {"ExpirationTime": context.world.wall(context.world.clock() + length / 1e9)}


def _clone(context: Context, accessor: str) -> Response:
    """Make a token that may do what another one may."""
    body = _body(context)
    source = context.store.tokens.get(accessor)
    begin(context, "write", local=bool((source or {}).get("Local")))
    if source is None:
        raise missing(context, "token")
    if accessor == ANONYMOUS_ID:
        raise Refusal(500, "Cannot clone a token: the anonymous token")
    if "AuthMethod" in source:
        raise Refusal(500, "Cannot clone a token created from an auth method")
    row = {key: part for key, part in source.items() if key in ORDER}
    row |= {"AccessorID": context.world.new_id(), "SecretID": context.world.new_id()}
    row |= {"CreateTime": context.world.wall()}
    if body.get("Description"):
        row["Description"] = body["Description"]
    return as_json(write(context, row))


def delete(context: Context) -> Response:
    """Delete a token."""
    accessor = named(context, PREFIX, "token AccessorID")
    if accessor == "self":
        raise Refusal(405, "method DELETE not allowed", headers={"Allow": "OPTIONS,GET"})
    old = context.store.tokens.get(accessor)
    begin(context, "write", local=bool((old or {}).get("Local")))
    if accessor == ANONYMOUS_ID:
        raise Refusal(500, "Delete operation not permitted on the anonymous token")
    if context.store.tokens.pop(accessor, None) is not None:
        context.store.bump("acl")
    elif context.cluster.version.at_least(15):
        raise Refusal(404, "Cannot find token to delete")
    return as_json(True)
