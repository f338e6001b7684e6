"""POST /v1/peering/token and /v1/peering/establish, with Consul's order of steps."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import DEFAULT, Peering
from reconciler.emulator.peering.checks import (
    check_meta,
    check_name,
    read_body,
    require_write,
    reword,
    rpc_error,
)
from reconciler.emulator.peering.dial import call_outside, exchange
from reconciler.emulator.peering.gateways import gateway_addresses
from reconciler.emulator.peering.streams import renew_link
from reconciler.emulator.peering.token import Token, make_token, read_token
from reconciler.emulator.wire.messages import Block, Refusal, Response, as_json

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


def generate(context: Context) -> Response:
    """Make a token; creates the acceptor row or replaces its unused secret."""
    context.refuse_enterprise(namespaces=False)
    body = read_body(context, "PeeringGenerateTokenRequest", TOKEN_FIELDS)
    if not body.get("PeerName"):
        raise Refusal(400, "PeerName is required in the payload when generating a new peering token.")
    if body.get("Partition", "") not in ("", DEFAULT) and not context.cluster.version.enterprise:
        raise rpc_error(context, "Partitions are a Consul Enterprise feature", "InvalidArgument")
    check_name(context, body["PeerName"])
    check_meta(context, body.get("Meta") or {})
    require_write(context)
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
    """Return where the servers are reached. They are in the partition `default`, and so are their gateways.

    agent/consul/peering_backend.go asks for mesh entry and gateways in `acl.DefaultEnterpriseMeta()`.
    """
    cluster = context.world.clusters[context.cluster.server]
    mesh = cluster.store.entry("mesh", "mesh")
    if mesh is None or not (mesh.value.get("Peering") or {}).get("PeerThroughMeshGateways"):
        return cluster.peering_addresses
    gateways = gateway_addresses(cluster)
    if not gateways:
        raise rpc_error(
            context,
            "servers are configured to PeerThroughMeshGateways, but no mesh gateway instances are registered",
        )
    return gateways


def establish(context: Context) -> Response | Block:
    """Dial the acceptor that a token names: store the row, exchange the secret, store it again."""
    context.refuse_enterprise(namespaces=False)
    body = read_body(context, "PeeringEstablishRequest", ESTABLISH_FIELDS)
    if not body.get("PeerName"):
        raise Refusal(400, "PeerName is required in the payload when establishing a peering.")
    if not body.get("PeeringToken"):
        raise Refusal(400, "PeeringToken is required in the payload when establishing a peering.")
    check_name(context, body["PeerName"])
    try:
        token = read_token(body["PeeringToken"])
    except Refusal as refusal:
        raise reword(context, refusal, "InvalidArgument") from None
    check_meta(context, body.get("Meta") or {})
    require_write(context)
    row = context.store.peering_named(body["PeerName"])
    _check_roles(context, body["PeerName"], token, row)
    call = call_outside(context, token)
    if call is not None:
        return call
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
    renew_link(context.world, context.cluster, row)
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
    row.remote_partition = (token.get("Remote") or {}).get("Partition", "")
