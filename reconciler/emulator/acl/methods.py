"""/v1/acl: auth methods, binding rules, login and logout, replication, bootstrap.

Methods and rules are kept. Logging in is not possible: what would check a bearer token (Kubernetes,
an OIDC provider, AWS) does not exist here.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.acl.access import GLOBAL_MANAGEMENT, NOT_FOUND
from reconciler.emulator.acl.rows import UUID, Fields, begin, missing, read_body, stamp
from reconciler.emulator.acl.seed import BUILTIN, put_first
from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.language import filter_refused
from reconciler.emulator.wire.durations import format_duration, parse_duration
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
METHOD_PATH, RULE_PATH = "/v1/acl/auth-method/", "/v1/acl/binding-rule/"
NAME = re.compile(r"[A-Za-z0-9\-_]{1,128}")
TYPES = ("aws-iam", "jwt", "kubernetes")
JWT_KEYS = ("JWTValidationPubKeys", "JWKSURL", "OIDCDiscoveryURL")
BINDS = ("service", "node", "role", "policy", "templated-policy")
SHORTEST_NS, LONGEST_NS = 60 * 10**9, 24 * 3600 * 10**9
INDEXES: Fields = {"CreateIndex": int, "ModifyIndex": int}
METHOD: Fields = {
    **dict.fromkeys(("Name", "Type", "DisplayName", "Description", "TokenLocality"), str),
    "MaxTokenTTL": object,
    "Config": object,
    **INDEXES,
}
RULE: Fields = {
    **dict.fromkeys(("ID", "Description", "AuthMethod", "Selector", "BindType", "BindName"), str),
    "BindVars": object,
    **INDEXES,
}
NEVER = "0001-01-01T00:00:00Z"


def put_method(context: Context) -> Response:
    """Create an auth method, or change the one named in the path."""
    begin(context, "write")
    body = read_body(context, "ACLAuthMethod", METHOD, words="AuthMethod")
    name = context.rest(METHOD_PATH)
    if name and body.get("Name", name) != name:
        raise Refusal(400, "Auth method name in URL and payload do not match")
    row = {**body, "Name": body.get("Name") or name}
    _check_method(context, row)
    order = ("Name", "Type", "DisplayName", "Description", "MaxTokenTTL", "TokenLocality", "Config")
    shown = {key: row[key] for key in order if row.get(key) or key == "Config"}
    shown.setdefault("Config", None)
    return as_json(_put(context, context.store.methods, row["Name"], shown))


def _put(context: Context, table: dict[str, Row], key: str, row: Row) -> Row:
    return stamp(context.cluster, context.store, table, key, row, hashed=False)


def _check_method(context: Context, row: Row) -> None:
    bad = "Invalid Auth Method: "
    if not row["Name"]:
        raise Refusal(500, f"{bad}no Name is set")
    if not NAME.fullmatch(row["Name"]):
        raise Refusal(500, f"{bad}invalid Name. Only alphanumeric characters, '-' and '_' are allowed")
    old = context.store.methods.get(row["Name"])
    row["Type"] = row.get("Type") or (old["Type"] if old else "")
    if old is not None and old["Type"] != row["Type"]:
        raise Refusal(500, "the Type field of an Auth Method is immutable")
    if row["Type"] not in TYPES:
        raise Refusal(500, f"{bad}Type should be one of: [{' '.join(TYPES)}]")
    _check_ttl(row)
    if row.get("TokenLocality", "") not in ("", "local", "global"):
        raise Refusal(500, f"{bad}TokenLocality should be one of 'local' or 'global'")
    why = _config_problem(row["Type"], row.get("Config") or {})
    if why:
        raise Refusal(500, f"{bad}{why}")


def _check_ttl(row: Row) -> None:
    if not row.get("MaxTokenTTL"):
        return
    given = row["MaxTokenTTL"]
    try:
        length = parse_duration(given) if isinstance(given, str) else int(given)
    except ValueError as error:
        raise Refusal(400, f"AuthMethod decoding failed: {error}") from None
    row["MaxTokenTTL"] = format_duration(length)
    if length > LONGEST_NS:
        raise Refusal(
            500, f"MaxTokenTTL {row['MaxTokenTTL']} cannot be more than {format_duration(LONGEST_NS)}"
        )
    if length < SHORTEST_NS:
        raise Refusal(
            500, f"MaxTokenTTL {row['MaxTokenTTL']} cannot be less than {format_duration(SHORTEST_NS)}"
        )


def _config_problem(kind: str, config: Row) -> str:
    if kind == "jwt" and sum(1 for key in JWT_KEYS if config.get(key)) != 1:
        one, two, three = JWT_KEYS
        return f"exactly one of '{one}', '{two}', or '{three}' must be set for type \"jwt\""
    if kind == "kubernetes":
        for key in ("Host", "CACert", "ServiceAccountJWT"):
            if not config.get(key):
                return f"Config.{key} is required"
    return ""


def read_method(context: Context) -> Response | Block:
    """Return an auth method by its name."""
    name = context.rest(METHOD_PATH)
    if not name:
        raise Refusal(400, "Missing auth method name")
    begin(context, "read")
    context.parse_options()
    row = context.store.methods.get(name)
    if row is None:
        raise missing(context, "auth method")
    return context.read(("acl",), lambda: row)


def list_methods(context: Context) -> Response | Block:
    """Return the auth methods without their configuration."""
    begin(context, "read")
    context.parse_options()
    rows = sorted(context.store.methods.items())
    hidden = ("Config",)
    return context.read(
        ("acl",), lambda: [{key: part for key, part in row.items() if key not in hidden} for _, row in rows]
    )


def delete_method(context: Context) -> Response:
    """Remove an auth method with its binding rules and the tokens that it made."""
    name = context.rest(METHOD_PATH)
    if not name:
        raise Refusal(400, "Missing auth method name")
    begin(context, "write")
    if context.store.methods.pop(name, None) is None:
        raise Refusal(404, "Cannot find auth method to delete")
    for table in (context.store.binding_rules, context.store.tokens):
        for key in [key for key, row in table.items() if row.get("AuthMethod") == name]:
            del table[key]
    context.store.bump("acl")
    return as_json(True)


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
    return as_json(_put(context, context.store.binding_rules, row["ID"], row))


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
    identifier = context.rest(RULE_PATH)
    if not identifier:
        raise Refusal(400, "Missing binding rule ID")
    begin(context, "read")
    context.parse_options()
    row = context.store.binding_rules.get(identifier)
    if row is None:
        raise missing(context, "binding rule")
    return context.read(("acl",), lambda: row)


def list_rules(context: Context) -> Response | Block:
    """Return the binding rules, those of `?authmethod` where it is given."""
    begin(context, "read")
    context.parse_options()
    method = context.query.get("authmethod", "")
    rows = [row for row in context.store.binding_rules.values() if method in ("", row["AuthMethod"])]
    return context.read(("acl",), lambda: rows)


def delete_rule(context: Context) -> Response:
    """Remove a binding rule."""
    identifier = context.rest(RULE_PATH)
    if not identifier:
        raise Refusal(400, "Missing binding rule ID")
    begin(context, "write")
    if context.store.binding_rules.pop(identifier, None) is None:
        raise Refusal(404, "Cannot find binding rule to delete")
    context.store.bump("acl")
    return as_json(True)


def login(context: Context) -> Response:
    """Refuse to log in: unknown methods with Consul's words, known ones as what is not emulated."""
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    fields: Fields = {"AuthMethod": str, "BearerToken": str, "Meta": object}
    body = read_body(context, "ACLLoginParams", fields, words="Failed to decode request body:")
    name = body.get("AuthMethod", "")
    if name not in context.store.methods:
        raise Refusal(403, f'{NOT_FOUND}: auth method "{name}" not found')
    raise Refusal(
        501, f"a login by an auth method of type {context.store.methods[name]['Type']} is not emulated"
    )


def logout(context: Context) -> Response:
    """Remove the request's token, which has to be of a login."""
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    secret = context.token
    row = next((row for row in context.store.tokens.values() if row["SecretID"] == secret), None)
    if not secret or row is None:
        raise Refusal(401, "Supplied token does not exist")
    if "AuthMethod" not in row:
        raise Refusal(403, "Permission denied: token wasn't created via login")
    del context.store.tokens[row["AccessorID"]]
    context.store.bump("acl")
    return as_json(True)


def replication(context: Context) -> Response:
    """Return how far ACLs are copied from a primary: of the primary itself, nothing."""
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    counts = dict.fromkeys(("ReplicatedIndex", "ReplicatedRoleIndex", "ReplicatedTokenIndex"), 0)
    cluster = context.cluster
    follows = cluster.primary != cluster.server
    source = context.world.clusters[cluster.primary].datacenter if follows else ""
    if follows:
        counts = dict.fromkeys(counts, context.store.table_index("acl"))
    about = {"Enabled": follows, "Running": follows, "SourceDatacenter": source}
    kind = {"ReplicationType": "tokens" if follows else ""}
    ends = {"LastSuccess": context.world.wall() if follows else NEVER, "LastError": NEVER}
    return as_json({**about, **kind, **counts, **ends, "LastErrorMessage": ""})


def bootstrap(context: Context) -> Response:
    """Make the first management token, once."""
    if not context.cluster.acl:
        raise Refusal(401, "ACL support disabled")
    context.ask_primary()
    secret = _secret(context)
    link = {"ID": GLOBAL_MANAGEMENT, "Name": BUILTIN[GLOBAL_MANAGEMENT]}
    made = [row for row in context.store.tokens.values() if link in (row.get("Policies") or ())]
    if made:
        reset = min(row["CreateIndex"] for row in made)
        raise Refusal(403, f"Permission denied: ACL bootstrap no longer allowed (reset index: {reset})")
    words = "Bootstrap Token (Global Management)"
    row = {"AccessorID": context.world.new_id(), "SecretID": secret or context.world.new_id()}
    return as_json(
        put_first(context.world, context.cluster, {**row, "Description": words, "Policies": [link]})
    )


def _secret(context: Context) -> str:
    if not context.request.body:
        return ""
    try:
        body = struct(context.request.body, "ACLInitialTokenBootstrapRequest", {"BootstrapSecret": str})
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    return str(body.get("BootstrapSecret", ""))
