"""/v1/acl: auth methods, login and logout.

Methods and rules are kept. Logging in is not possible: what would check a bearer token (Kubernetes,
an OIDC provider, AWS) does not exist here.
"""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.acl.access import NOT_FOUND
from reconciler.emulator.acl.rows import (
    INDEXES,
    Fields,
    begin,
    named,
    read_body,
    read_row,
    stamp,
)
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.durations import format_duration, parse_duration
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

Row = dict[str, Any]
METHOD_PATH = "/v1/acl/auth-method/"
NAME = re.compile(r"[A-Za-z0-9\-_]{1,128}")
TYPES = ("aws-iam", "jwt", "kubernetes")
JWT_KEYS = ("JWTValidationPubKeys", "JWKSURL", "OIDCDiscoveryURL")
SHORTEST_NS, LONGEST_NS = 60 * 10**9, 24 * 3600 * 10**9
METHOD: Fields = {
    **dict.fromkeys(("Name", "Type", "DisplayName", "Description", "TokenLocality"), str),
    "MaxTokenTTL": object,
    "Config": object,
    **INDEXES,
}


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
    return as_json(
        stamp(context.cluster, context.store, context.store.methods, row["Name"], shown, hashed=False)
    )


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
    return read_row(context, named(context, METHOD_PATH, "auth method name"), "methods", "auth method")


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
    name = named(context, METHOD_PATH, "auth method name")
    begin(context, "write")
    if context.store.methods.pop(name, None) is None:
        raise Refusal(404, "Cannot find auth method to delete")
    for table in (context.store.binding_rules, context.store.tokens):
        for key in [key for key, row in table.items() if row.get("AuthMethod") == name]:
            del table[key]
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
