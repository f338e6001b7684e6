"""/v1/peering*: generate a token, establish, read, delete, with Consul's order of checks."""

from __future__ import annotations

import re
from typing import Any

from .access import authorizer, require
from .context import Context
from .gojson import GoJSONError, struct
from .messages import Block, Refusal, Response, as_json, empty
from .peering_dial import exchange
from .peering_read import show_peering
from .peering_token import Token, make_token, read_token
from .store import Peering
from .streams import gateway_addresses

PREFIX = "/v1/peering/"
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
OLD_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
META_KEY = re.compile(r"[a-zA-Z0-9_-]+")
DENIED_READ_S = 2.5
REMOVAL_S = 0.01
TERMINATED_REMOVAL_S = 0.2
TOKEN_FIELDS: dict[str, type | str] = {
    "PeerName": str,
    "Partition": str,
    "Meta": dict,
    "ServerExternalAddresses": list,
}
ESTABLISH_FIELDS: dict[str, type | str] = {
    "PeerName": str,
    "PeeringToken": str,
    "Partition": str,
    "Meta": dict,
}


def _body(context: Context, name: str, fields: dict[str, type | str]) -> dict[str, Any]:
    try:
        return struct(context.request.body, name, fields)
    except GoJSONError as error:
        raise Refusal(400, f"Body decoding failed: {error}") from None


def rpc_error(context: Context, text: str, code: str = "Unknown", status: int = 500) -> Refusal:
    """Return an error of the peering RPCs; Consul ≤1.14 puts the gRPC code before the text."""
    prefix = f"rpc error: code = {code} desc = " if context.cluster.version.prefixes_rpc_errors else ""
    return Refusal(status, prefix + text)


def _reword(context: Context, refusal: Refusal, code: str) -> Refusal:
    return rpc_error(context, refusal.text, code, refusal.status)


def generate(context: Context) -> Response:
    """Make a token; creates the acceptor row or replaces its unused secret."""
    context.refuse_enterprise(namespaces=False)
    body = _body(context, "PeeringGenerateTokenRequest", TOKEN_FIELDS)
    if not body.get("PeerName"):
        raise Refusal(400, "PeerName is required in the payload when generating a new peering token.")
    if body.get("Partition", "") not in ("", "default"):
        raise rpc_error(context, "Partitions are a Consul Enterprise feature", "InvalidArgument")
    _check_name(context, body["PeerName"])
    _check_meta(context, body.get("Meta") or {})
    _require_write(context)
    row = _acceptor_row(context, body)
    addresses = _server_addresses(context)
    manual = body.get("ServerExternalAddresses") or []
    if manual and not context.cluster.version.at_least(14):
        addresses = manual
    return as_json({"PeeringToken": make_token(context.cluster, row, addresses, manual)})


def _acceptor_row(context: Context, body: dict[str, Any]) -> Peering:
    row = context.store.peering_named(body["PeerName"])
    if row is not None and row.dials:
        raise rpc_error(
            context,
            f'cannot create peering with name: "{body["PeerName"]}"; there is already an established peering',
        )
    secret = context.world.new_id()
    if row is not None and row.gone:
        # The write is swallowed because the stored state stays: the token is dead on arrival.
        return Peering(id=row.id, name=row.name, establishment=secret)
    if row is None:
        row = Peering(id=context.world.new_id(), name=body["PeerName"], meta=body.get("Meta") or {})
    row.establishment = secret
    row.manual_addresses = body.get("ServerExternalAddresses") or []
    context.store.put_peering(row)
    return row


def _server_addresses(context: Context) -> list[str]:
    cluster = context.cluster
    mesh = context.store.entry("mesh", "mesh")
    if mesh is None or not (mesh.value.get("Peering") or {}).get("PeerThroughMeshGateways"):
        return [cluster.address(cluster.peering_port)]
    gateways = gateway_addresses(cluster)
    if not gateways:
        raise rpc_error(
            context,
            "servers are configured to PeerThroughMeshGateways, but no mesh gateway instances are registered",
        )
    return gateways


def _check_name(context: Context, name: str) -> None:
    lower_only = context.cluster.version.at_least(14)
    if not (NAME if lower_only else OLD_NAME).fullmatch(name):
        case = "lower case " if lower_only else ""
        raise rpc_error(
            context,
            f"{name} is not a valid peer name: a valid peering name must consist of {case}alphanumeric "
            "characters or '-', and must start and end with an alphanumeric character",
            "InvalidArgument",
        )


def _check_meta(context: Context, meta: dict[str, str]) -> None:
    problem = _meta_problem(meta)
    if problem:
        raise rpc_error(context, f"meta tags failed validation: {problem}", "InvalidArgument")


def _meta_problem(meta: dict[str, str]) -> str:
    if len(meta) > 64:
        return "Node metadata cannot contain more than 64 key/value pairs"
    for key, value in meta.items():
        start = f"Couldn't load metadata pair ('{key}', '{value}'): "
        if not key:
            return f"{start}Key cannot be blank"
        if not META_KEY.fullmatch(key):
            return f"{start}Key contains invalid characters"
        if len(key) > 128:
            return f"{start}Key is too long (limit: 128 characters)"
        if key.startswith("consul-"):
            return f"{start}Key prefix 'consul-' is reserved for internal use"
        if len(value) > 512:
            return f"{start}Value is too long (limit: 512 characters)"
    return ""


def _require_write(context: Context) -> None:
    try:
        require(authorizer(context), "peering", "write")
    except Refusal as refusal:
        raise _reword(context, refusal, "PermissionDenied") from None


def _require_read(context: Context) -> None:
    """Consul ≥1.15 answers a denied read only after its inner retries."""
    try:
        require(authorizer(context), "peering", "read")
    except Refusal as refusal:
        slow = _reword(context, refusal, "PermissionDenied")
        if context.cluster.version.slow_denials:
            slow.delay_s = DENIED_READ_S * context.world.time_scale
        raise slow from None


def establish(context: Context) -> Response:
    """Dial the acceptor that a token names: store the row, exchange the secret, store it again."""
    context.refuse_enterprise(namespaces=False)
    body = _body(context, "PeeringEstablishRequest", ESTABLISH_FIELDS)
    if not body.get("PeerName"):
        raise Refusal(400, "PeerName is required in the payload when establishing a peering.")
    if not body.get("PeeringToken"):
        raise Refusal(400, "PeeringToken is required in the payload when establishing a peering.")
    _check_name(context, body["PeerName"])
    try:
        token = read_token(body["PeeringToken"])
    except Refusal as refusal:
        raise _reword(context, refusal, "InvalidArgument") from None
    _check_meta(context, body.get("Meta") or {})
    _require_write(context)
    row = context.store.peering_named(body["PeerName"])
    _check_roles(context, body["PeerName"], token, row)
    _dial(context, row, token, body)
    return as_json({})


def _check_roles(context: Context, name: str, token: Token, row: Peering | None) -> None:
    if token.get("ServerName") == context.cluster.server_name:
        raise rpc_error(
            context,
            f'cannot create a peering within the same cluster "{token["ServerName"]}". Refer to the '
            "`exported-services` documentation if you want to export between partitions without peering",
            "InvalidArgument",
        )
    if row is not None and not row.dials:
        raise rpc_error(
            context,
            f'cannot create peering with name: "{name}"; there is an existing peering expecting to be dialed',
        )
    if row is not None and row.state == "DELETING":
        raise rpc_error(
            context, "failed to write peering: cannot write to peering that is marked for deletion"
        )


def _dial(context: Context, old: Peering | None, token: Token, body: dict[str, Any]) -> None:
    store = context.store
    row = old or Peering(id=context.world.new_id(), name=body["PeerName"])
    if not context.cluster.version.writes_before_dialing:
        draft = Peering(id=row.id, name=row.name)
        _take_token(context, draft, token, body)
        secret = exchange(context, draft, token)
        _take_token(context, row, token, body)
    else:
        _take_token(context, row, token, body)
        row.state = "PENDING" if row.state == "TERMINATED" else row.state
        store.put_peering(row)
        secret = exchange(context, row, token)
    row.state, row.active = "ESTABLISHING", secret
    stream = store.streams.get(row.id)
    if stream is not None and not stream.connected:
        store.streams.pop(row.id)
        context.world.links.pop((context.cluster.name, row.id), None)
    store.put_peering(row)


def _take_token(context: Context, row: Peering, token: Token, body: dict[str, Any]) -> None:
    stream = context.store.streams.get(row.id)
    if stream is None or not stream.connected or not row.server_addresses:
        row.server_addresses = token.get("ServerAddresses") or []
    row.meta = body.get("Meta") or {}
    row.peer_id = token["PeerID"]
    row.server_name = token.get("ServerName") or ""
    row.ca_pems = token.get("CA") or []
    row.manual_addresses = token.get("ManualServerAddresses") or []
    row.remote_datacenter = (token.get("Remote") or {}).get("Datacenter", "")


def read(context: Context) -> Response | Block:
    """Return one peering; a row that vanishes while the query waits is answered with its last form."""
    name = context.rest(PREFIX)
    if not name:
        raise Refusal(400, "Must specify a name to fetch.")
    _begin_read(context)
    _require_read(context)
    store = context.store
    row = store.peering_named(name)
    if row is None and context.block is not None and context.block.last is not None:
        return _indexed(context, context.block.last)
    answer = _one(context, name, row)
    block = _waits(
        context, lambda: (found.id, found.modify) if (found := store.peering_named(name)) else None
    )
    if block is not None:
        block.last = answer if row is not None else None
        return block
    return answer


def _one(context: Context, name: str, row: Peering | None) -> Response:
    if row is None:
        return Refusal(404, f'Peering not found for "{name.lower()}"').response()
    return _indexed(context, as_json(show_peering(context.world, context.cluster, row)))


def _begin_read(context: Context) -> None:
    context.refuse_enterprise(namespaces=False)
    try:
        context.parse_options(check_dc=False)
    except Refusal as refusal:
        # The handler ignores that parsing failed, so its normal output follows the text.
        rows = "[]" if not context.rest(PREFIX) else ""
        raise Refusal(refusal.status, refusal.text + rows) from None


def _waits(context: Context, marker: Any) -> Block | None:
    if not context.cluster.version.blocking_peerings:
        return None
    return context.waits(context.store.table_index("peering"), marker)


def _indexed(context: Context, response: Response) -> Response:
    if not context.cluster.version.blocking_peerings:
        return response
    return context.indexed(response, context.store.table_index("peering"))


def list_all(context: Context) -> Response | Block:
    """Return every peering, sorted by name."""
    _begin_read(context)
    _require_read(context)
    block = _waits(context, lambda: context.store.tables.get("peering"))
    if block is not None:
        return block
    rows = context.store.peerings
    shown = [show_peering(context.world, context.cluster, rows[name]) for name in sorted(rows)]
    return _indexed(context, as_json(shown))


def delete(context: Context) -> Response:
    """Mark a row for deletion; the leader removes it a moment later. Missing rows are deleted already."""
    name = context.rest(PREFIX)
    if not name:
        raise Refusal(400, "Must specify a name to fetch.")
    context.refuse_enterprise(namespaces=False)
    _require_write(context)
    row = context.store.peering_named(name)
    if row is not None and row.state != "DELETING":
        delay = TERMINATED_REMOVAL_S if row.state == "TERMINATED" else REMOVAL_S
        _mark(context, row)
        context.world.later(delay, lambda: _remove(context, row))
    return empty()


def _mark(context: Context, row: Peering) -> None:
    row.state, row.deleted_at = "DELETING", context.world.wall()
    row.meta, row.establishment, row.pending, row.active = {}, "", "", ""
    context.store.put_peering(row)


def _remove(context: Context, row: Peering) -> None:
    if context.store.peering_by_id(row.id) is row:
        context.store.drop_peering(row)
