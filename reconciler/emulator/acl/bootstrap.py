"""/v1/acl/bootstrap and replication: the first management token, and how far ACLs are copied."""

from __future__ import annotations

from reconciler.emulator.acl.access import GLOBAL_MANAGEMENT
from reconciler.emulator.acl.seed import BUILTIN, put_first
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Refusal, Response, as_json

NEVER = "0001-01-01T00:00:00Z"


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
