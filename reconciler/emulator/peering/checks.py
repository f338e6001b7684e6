"""What the peering endpoints check before they act: body, name, Meta, permission; their error texts."""

from __future__ import annotations

import re
from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Refusal

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
OLD_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
META_KEY = re.compile(r"[a-zA-Z0-9_-]+")
DENIED_READ_S = 2.5


def read_body(context: Context, name: str, fields: dict[str, type | str]) -> dict[str, Any]:
    """Return the fields of a strict body; raises the 400 of a bad one."""
    try:
        return struct(context.request.body, name, fields)
    except GoJSONError as error:
        raise Refusal(400, f"Body decoding failed: {error}") from None


def rpc_error(context: Context, text: str, code: str = "Unknown", status: int = 500) -> Refusal:
    """Return an error of the peering RPCs; Consul ≤1.14 puts the gRPC code before the text."""
    prefix = f"rpc error: code = {code} desc = " if context.cluster.version.prefixes_rpc_errors else ""
    return Refusal(status, prefix + text)


def reword(context: Context, refusal: Refusal, code: str) -> Refusal:
    """Return a refusal in the words of the peering RPCs."""
    return rpc_error(context, refusal.text, code, refusal.status)


def check_name(context: Context, name: str) -> None:
    """Refuse a name that is no peer name (lower case only from Consul 1.14.4 on)."""
    lower_only = context.cluster.version.at_least(14)
    if not (NAME if lower_only else OLD_NAME).fullmatch(name):
        case = "lower case " if lower_only else ""
        raise rpc_error(
            context,
            f"{name} is not a valid peer name: a valid peering name must consist of {case}alphanumeric "
            "characters or '-', and must start and end with an alphanumeric character",
            "InvalidArgument",
        )


def check_meta(context: Context, meta: dict[str, str]) -> None:
    """Refuse Meta that Consul refuses."""
    problem = _meta_problem(meta)
    if problem:
        raise rpc_error(context, f"meta tags failed validation: {problem}", "InvalidArgument")


def _meta_problem(meta: dict[str, str]) -> str:
    if len(meta) > 64:
        return "Node metadata cannot contain more than 64 key/value pairs"
    for key, value in meta.items():
        problem = _pair_problem(key, value)
        if problem:
            return f"Couldn't load metadata pair ('{key}', '{value}'): {problem}"
    return ""


def _pair_problem(key: str, value: str) -> str:
    rules = (
        (not key, "Key cannot be blank"),
        (not META_KEY.fullmatch(key), "Key contains invalid characters"),
        (len(key) > 128, "Key is too long (limit: 128 characters)"),
        (key.startswith("consul-"), "Key prefix 'consul-' is reserved for internal use"),
        (len(value) > 512, "Value is too long (limit: 512 characters)"),
    )
    return next((text for broken, text in rules if broken), "")


def _require_enabled(context: Context, delay_s: float = 0.0) -> None:
    if not context.cluster.peering:
        refusal = Refusal(500, "peering must be enabled to use this endpoint")
        refusal.delay_s = delay_s * context.world.time_scale
        raise refusal


def require_write(context: Context) -> None:
    """Refuse a token without peering:write, and everybody where peering is switched off."""
    _require_enabled(context)
    try:
        require(authorizer(context), "peering", "write")
    except Refusal as refusal:
        raise reword(context, refusal, "Unknown") from None


def require_read(context: Context) -> None:
    """Refuse a token without peering:read, and everybody where peering is switched off.

    Consul ≥1.15 answers a denied read only after its inner retries; 1.20 one with peering switched off too.
    """
    _require_enabled(context, DENIED_READ_S)
    try:
        require(authorizer(context), "peering", "read")
    except Refusal as refusal:
        slow = reword(context, refusal, "Unknown")
        if context.cluster.version.slow_denials:
            slow.delay_s = DENIED_READ_S * context.world.time_scale
        raise slow from None
