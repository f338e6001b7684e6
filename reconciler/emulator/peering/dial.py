"""The secret exchange: what happens when establish dials the addresses of a token."""

from __future__ import annotations

from reconciler.emulator.core.context import Context
from reconciler.emulator.core.store import Peering
from reconciler.emulator.peering.gateways import dialed_cluster
from reconciler.emulator.peering.token import Token
from reconciler.emulator.wire.messages import Block, Call, Json, Refusal

UNREACHABLE_S = 3.1
SILENT_S = 20.2
ATTEMPTS = 18


def exchange(context: Context, row: Peering, token: Token) -> str:
    """Spend the token's secret at the acceptor; returns the stream secret, raises what establish answers."""
    addresses = row.manual_addresses or row.server_addresses
    called = context.block.call if context.block is not None else None
    if called is not None:
        return _exchanged(context, called.outcome or {}, row, addresses[0])
    name = dialed_cluster(context.world, addresses)
    _check_reachable(context, name, addresses[0])
    assert name is not None
    acceptor = context.world.clusters[context.world.holder(name, token["PeerID"])]
    if row.ca_pems and token.get("ServerName") != acceptor.server_name:
        raise _misnamed(context, row, addresses[0])
    accepting = acceptor.store.peering_by_id(token["PeerID"])
    secret = token.get("EstablishmentSecret")
    if accepting is None or accepting.gone or not secret or accepting.establishment != secret:
        raise _spent(context, addresses[0])
    accepting.establishment = ""
    accepting.pending = context.world.new_id()
    return accepting.pending


def call_outside(context: Context, token: Token) -> Block | None:
    """Return the call to another sandbox that a token needs first; None where its acceptor is in this one."""
    world = context.world
    addresses = token.get("ManualServerAddresses") or token.get("ServerAddresses") or []
    if world.outside is None or context.block is not None or dialed_cluster(world, addresses) is not None:
        return None
    asked = {
        "peer": token["PeerID"],
        "secret": token.get("EstablishmentSecret"),
        "checks_name": bool(token.get("CA")),
        "server_name": token.get("ServerName"),
    }
    call = Call(context.cluster.server, addresses, asked)
    return Block(context.origin.server, context.request, world.clock(), lambda: True, call=call)


def _exchanged(context: Context, outcome: dict[str, Json], row: Peering, address: str) -> str:
    """Return the secret that another sandbox gave; raises what establish says where it gave none."""
    if outcome.get("secret"):
        return str(outcome["secret"])
    why = outcome.get("refused")
    if why == "name":
        raise _misnamed(context, row, address)
    if why == "spent":
        raise _spent(context, address)
    if why == "silent":
        raise _unreachable(context, address, "context deadline exceeded", delay_s=0.0)
    raise _not_listening(context, address)


def _misnamed(context: Context, row: Peering, address: str) -> Refusal:
    return _unreachable(
        context,
        address,
        'connection error: desc = "transport: authentication handshake failed: tls: failed to verify '
        f"certificate: x509: certificate is not valid for any names, but wanted to match "
        f'{row.server_name}"',
    )


def _not_listening(context: Context, address: str) -> Refusal:
    return _unreachable(
        context,
        address,
        f'connection error: desc = "transport: Error while dialing: dial tcp {address}: connect: '
        'connection refused"',
    )


def _check_reachable(context: Context, name: str | None, address: str) -> None:
    world, own = context.world, context.cluster.server
    if name is None or not world.faults.reachable(own, name):
        raise _not_listening(context, address)
    if name in world.faults.frozen:
        raise _unreachable(context, address, "context deadline exceeded", delay_s=SILENT_S)


def _unreachable(context: Context, address: str, reason: str, delay_s: float = UNREACHABLE_S) -> Refusal:
    version = context.cluster.version
    through = "through address" if version.at_least(14) else "with"
    line = (
        f'\t* failed to exchange peering secret {through} "{address}": rpc error: code = Unavailable '
        f"desc = {reason}\n"
    )
    prefix = "rpc error: code = Unavailable desc = " if version.prefixes_rpc_errors else ""
    text = f"{prefix}{ATTEMPTS} errors occurred:\n{line * ATTEMPTS}\n"
    refusal = Refusal(version.unreachable_status, text)
    refusal.delay_s = delay_s * context.world.time_scale
    return refusal


def _spent(context: Context, address: str) -> Refusal:
    version = context.cluster.version
    if version.writes_before_dialing:
        prefix = "rpc error: code = PermissionDenied desc = " if version.prefixes_rpc_errors else ""
        return Refusal(
            403,
            f"{prefix}a new peering token must be generated: invalid peering establishment secret",
        )
    return Refusal(
        500,
        f'rpc error: code = Unknown desc = failed to exchange peering secret with "{address}": rpc error: '
        "code = PermissionDenied desc = invalid peering establishment secret",
    )
