"""Peering tokens: making them, reading them, and what Consul refuses about one."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.store import Peering
from reconciler.emulator.wire.gobase64 import decode
from reconciler.emulator.wire.gojson import GoJSONError, loads
from reconciler.emulator.wire.messages import Refusal

PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s.+?-----END CERTIFICATE-----", re.S)
Token = dict[str, Any]


def make_token(cluster: Cluster, row: Peering, addresses: list[str], manual: list[str] | None) -> str:
    """Return the base64 token of an acceptor row (Consul ≥1.16 adds Locality, ≥1.14 Remote and the CA)."""
    version = cluster.version
    content: Token = {
        "CA": [cluster.ca_pem] if version.at_least(14) else None,
        "ServerAddresses": addresses,
        "ServerName": cluster.server_name,
        "PeerID": row.id,
        "EstablishmentSecret": row.establishment,
    }
    if version.at_least(14):
        content["ManualServerAddresses"] = manual or None
        content["Remote"] = {"Partition": cluster.told_partition, "Datacenter": cluster.datacenter}
        if version.at_least(16):
            content["Remote"]["Locality"] = None
    return base64.b64encode(json.dumps(content, separators=(",", ":")).encode()).decode()


def read_token(text: str) -> Token:
    """Return the content of a token; raises the 500 of a token that Consul does not take."""
    try:
        decoded = decode(text)
    except ValueError as error:
        raise Refusal(500, f"failed to decode token: {error}") from None
    try:
        token = loads(decoded)
    except GoJSONError as error:
        raise Refusal(500, str(error)) from None
    if not isinstance(token, dict):
        raise Refusal(500, "json: cannot unmarshal into Go value of type structs.PeeringToken")
    _validate(token)
    return token


def _validate(token: Token) -> None:
    for pem in token.get("CA") or ():
        if not PEM.search(pem):
            raise Refusal(500, "peering token invalid CA: no PEM-encoded data found")
    addresses = [*(token.get("ServerAddresses") or ()), *(token.get("ManualServerAddresses") or ())]
    if not addresses:
        raise Refusal(500, "peering token server addresses value is empty")
    for address in addresses:
        if not valid_address(address):
            raise Refusal(500, f"{address} is not a valid peering server address")
    if token.get("CA") and not token.get("ServerName"):
        raise Refusal(500, "peering token server name value is empty")
    if not token.get("PeerID"):
        raise Refusal(500, "peering token peer ID value is empty")


def valid_address(address: str) -> bool:
    """Say whether this is host:port by Go's rules (IPv6 in brackets, port 1–65535)."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()):
        return False
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        return False
    return 1 <= int(port) <= 65535
