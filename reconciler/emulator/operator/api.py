"""/v1/operator: raft's servers, autopilot and the keyring of gossip."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.core.context import Context
from reconciler.emulator.wire.durations import format_duration, parse_duration
from reconciler.emulator.wire.gobase64 import decode
from reconciler.emulator.wire.gojson import GoJSONError, struct
from reconciler.emulator.wire.messages import Refusal, Response, as_json, empty

Value = dict[str, Any]
NAMESPACE_ID = "00000000-0000-4000-8000-{:012d}"
AUTOPILOT: Value = {
    "CleanupDeadServers": True,
    "LastContactThreshold": "200ms",
    "MaxTrailingLogs": 250,
    "MinQuorum": 0,
    "ServerStabilizationTime": "10s",
    "RedundancyZoneTag": "",
    "DisableUpgradeMigration": False,
    "UpgradeVersionTag": "",
}
TYPES: dict[str, type | str] = {
    "CleanupDeadServers": bool,
    "LastContactThreshold": object,
    "MaxTrailingLogs": int,
    "MinQuorum": int,
    "ServerStabilizationTime": object,
    "RedundancyZoneTag": str,
    "DisableUpgradeMigration": bool,
    "UpgradeVersionTag": str,
    "CreateIndex": int,
    "ModifyIndex": int,
}
FIRST_INDEX = 5
HEALTH = (
    "ID",
    "Name",
    "Address",
    "SerfStatus",
    "Version",
    "Leader",
    "LastContact",
    "LastTerm",
    "LastIndex",
    "Healthy",
    "Voter",
    "StableSince",
)


def _begin(context: Context, access: str) -> None:
    context.ask(context.query.get("dc", ""))
    require(authorizer(context), "operator", access)


def _servers(context: Context) -> list[tuple[str, str, str]]:
    """Return ID, name and address of each server of the cluster."""
    own = context.cluster
    first, *rest = own.server_addresses
    others = [(NAMESPACE_ID.format(n), f"{own.node}-{n}", address) for n, address in enumerate(rest, 1)]
    return [(own.node_id, own.node, first), *others]


def raft_configuration(context: Context) -> Response:
    """Return the servers that raft knows, and which of them leads."""
    _begin(context, "read")
    rows = [
        {
            "ID": identifier,
            "Node": name,
            "Address": address,
            "Leader": address == context.cluster.leader,
            "ProtocolVersion": "3",
            "Voter": True,
            "LastIndex": context.store.index,
        }
        for identifier, name, address in _servers(context)
    ]
    return as_json({"Servers": rows, "Index": 0})


def transfer_leader(context: Context) -> Response:
    """Let another server lead; a single one has no other to hand over to."""
    _begin(context, "write")
    wanted = context.query.get("id", "")
    others = [one for one in _servers(context) if one[2] != context.cluster.leader]
    if not others or (wanted and wanted not in {identifier for identifier, _, _ in others}):
        raise Refusal(500, "cannot find peer")
    context.cluster.elections += 1
    return as_json({"Success": True})


def remove_peer(context: Context) -> Response:
    """Take a server out of raft: one that it knows stays here."""
    query = context.query
    if "id" not in query and "address" not in query:
        raise Refusal(
            400,
            "Must specify either ?id with the server's ID or ?address with IP:port of peer to remove",
        )
    if "id" in query and "address" in query:
        raise Refusal(400, "Must specify only one of ?id or ?address")
    _begin(context, "write")
    kind, place = ("id", 0) if "id" in query else ("address", 2)
    if query[kind] not in {server[place] for server in _servers(context)}:
        raise Refusal(500, f'{kind} "{query[kind]}" was not found in the Raft configuration')
    return empty()


def _stored(context: Context) -> Value:
    start = {**AUTOPILOT, "CreateIndex": FIRST_INDEX, "ModifyIndex": FIRST_INDEX}
    return {**start, **context.store.autopilot}


def autopilot(context: Context) -> Response:
    """Return autopilot's configuration."""
    _begin(context, "read")
    return as_json(_stored(context))


def set_autopilot(context: Context) -> Response:
    """Replace autopilot's configuration: what the body leaves out gets its default; `?cas` compares first."""
    context.ask(context.query.get("dc", ""))
    body = _autopilot_body(context)
    expected = _cas(context)
    require(authorizer(context), "operator", "write")
    old = _stored(context)
    if expected is not None and expected != old["ModifyIndex"]:
        return as_json(False)
    index = context.store.bump("autopilot")
    row = {**AUTOPILOT, **{key: part for key, part in body.items() if key in AUTOPILOT}}
    context.store.autopilot = {**row, "CreateIndex": old["CreateIndex"], "ModifyIndex": index}
    return as_json(True)


def _autopilot_body(context: Context) -> Value:
    try:
        body = struct(context.request.body, "AutopilotConfiguration", TYPES)
        for key in ("LastContactThreshold", "ServerStabilizationTime"):
            if isinstance(body.get(key), str):
                body[key] = format_duration(parse_duration(body[key]))
            elif key in body:
                body[key] = format_duration(int(body[key]))
    except (GoJSONError, ValueError, TypeError) as error:
        raise Refusal(400, f"Error parsing autopilot config: {error}") from None
    return body


def _cas(context: Context) -> int | None:
    text = context.query.get("cas")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        why = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise Refusal(400, f"Error parsing cas value: {why}")
    return int(text)


def autopilot_health(context: Context) -> Response:
    """Return how the servers fare: well, as long as the cluster answers."""
    _begin(context, "read")
    rows = [{**_health(context, server), "SerfStatus": "alive"} for server in _servers(context)]
    servers = [{key: row[key] for key in HEALTH} for row in rows]
    return as_json({"Healthy": True, "FailureTolerance": _tolerance(context), "Servers": servers})


def _tolerance(context: Context) -> int:
    return (context.cluster.servers - 1) // 2


def _health(context: Context, server: tuple[str, str, str]) -> Value:
    identifier, name, address = server
    return {
        "ID": identifier,
        "Name": name,
        "Address": address,
        "Version": context.cluster.version.text,
        "Leader": address == context.cluster.leader,
        "LastContact": "0s",
        "LastTerm": 2 + context.cluster.elections,
        "LastIndex": context.store.index,
        "Healthy": True,
        "Voter": True,
        "StableSince": context.world.epoch.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def autopilot_state(context: Context) -> Response:
    """Return autopilot's view of the servers, by ID."""
    _begin(context, "read")
    meta = context.store.nodes[context.cluster.node]["Meta"]
    servers = [{**_health(context, server), "Meta": meta} for server in _servers(context)]
    voters = [row["ID"] for row in sorted(servers, key=lambda row: not row["Leader"])]
    return as_json(
        {
            "Healthy": True,
            "FailureTolerance": _tolerance(context),
            "OptimisticFailureTolerance": 0,
            "Servers": {row["ID"]: _state(row) for row in servers},
            "Leader": voters[0],
            "Voters": voters,
        }
    )


def _state(row: Value) -> Value:
    names = ("ID", "Name", "Address", "Version", "LastContact", "LastTerm", "LastIndex", "Healthy")
    shown = {key: row[key] for key in names} | {"StableSince": row["StableSince"], "NodeStatus": "alive"}
    status = "leader" if row["Leader"] else "voter"
    return {**shown, "ReadReplica": False, "Status": status, "Meta": row["Meta"], "NodeType": "voter"}


def keyring(context: Context) -> Response:
    """Answer as servers do that do not encrypt their gossip: there is no key."""
    access = "read" if context.request.method == "GET" else "write"
    require(authorizer(context), "keyring", access)
    if context.request.method == "GET":
        raise Refusal(500, _of_gossip(context, "Keyring is empty (encryption not enabled)"))
    key = _key(context)
    try:
        decode(key)
    except ValueError as error:
        own = context.cluster.datacenter
        text = f"2 errors occurred:\n\t* WAN error: {error}\n\t* {own} (LAN) error: {error}\n\n"
        raise Refusal(500, text) from None
    raise Refusal(500, _of_gossip(context, "No keyring to modify (encryption not enabled)"))


def _key(context: Context) -> str:
    try:
        body = struct(context.request.body, "keyringArgs", {"Key": str})
    except GoJSONError as error:
        raise Refusal(400, f"Request decode failed: {error}") from None
    return str(body.get("Key", ""))


def _of_gossip(context: Context, why: str) -> str:
    own = context.cluster
    lines = (
        "WAN error: 1/1 nodes reported failure",
        f"{own.node}.{own.datacenter}: {why}",
        f"{own.datacenter} (LAN) error: 1/1 nodes reported failure",
        f"{own.node}: {why}",
    )
    return "4 errors occurred:\n\t* " + "\n\t* ".join(lines) + "\n\n"
