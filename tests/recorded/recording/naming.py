"""Puts placeholders where an answer's values differ from run to run."""

from __future__ import annotations

import re
from typing import Any

from tests.recorded.matching import FINGERPRINT, TIME, UUID
from tests.recorded.worlds import ROOT

INDEXES = ("CreateIndex", "ModifyIndex", "LockIndex", "Index")
STREAM_TIMES = ("LastHeartbeat", "LastReceive", "LastSend")
# What a server writes again by itself; it does so with the ModifyIndex of a row that dials, too.
MOVING = INDEXES
ADDRESSES = ("ServerAddresses", "PeerServerAddresses")
# Checks that an agent runs itself: when it does, and when it writes them again, is its own.
RUN = ("tcp", "alias")
PEM = r"-----BEGIN (?:CERTIFICATE|EC PRIVATE KEY)-----[\s\S]+?-----END (?:CERTIFICATE|EC PRIVATE KEY)-----\n?"
PIECE = re.compile(rf"{UUID}|{FINGERPRINT}|127\.0\.0\.1:\d+|{PEM}|{TIME}")


class Namer:
    """Names values that differ from run to run in the order in which they appear."""

    def __init__(self, addresses: dict[str, str], version: str) -> None:
        self.addresses = {address: name for name, address in reversed(addresses.items())}
        self.version = version
        self.names: dict[tuple[str, Any], str] = {}

    def name(self, kind: str, value: Any, family_: str = "") -> str:
        """Return the placeholder of a value."""
        count = sum(1 for known, _ in self.names if known == kind + family_)
        return self.names.setdefault((kind + family_, value), f"<{kind}:{family_}{count + 1}>")

    def value(self, value: Any, cluster: str, key: str = "") -> Any:
        """Put placeholders into an answer."""
        if isinstance(value, dict):
            if "DelegateMin" in value:
                value = _of_gossip(value)
            moving = MOVING if _is_of_node(value) else ("ModifyIndex",) if _is_rewritten(value) else ()
            shown = {
                name: "<index>" if name in moving else self.value(part, cluster, name)
                for name, part in value.items()
            }
            # Told once the check ran, some time within its interval, and is written for another reason.
            return shown | ({"Output": "<dial?>"} if value.get("Type") == "tcp" else {})
        if key in ("consul-version", "version"):
            return "<version>"
        if key in ("grpc_port", "grpc_tls_port"):
            return "<port>"
        if key == "PeerCAPems":
            return "<pems?>"
        if key in ADDRESSES and len(value) > 1:
            return ["127.0.0.1:<port>"] * len(value)  # of several servers, in whichever order
        if isinstance(value, list):
            return [self.value(part, cluster) for part in value]
        if key in INDEXES and isinstance(value, int):
            return self.name("index", value, cluster) if value else 0
        if key in STREAM_TIMES:
            return "<time?>"
        if key == "SerialNumber":
            return "<int>" if isinstance(value, int) else "<hash>"
        if key == "LastIndex":
            return "<int>"
        if key == "Hash":
            return "<hash?>" if isinstance(value, int) else "<hash>"
        if key == "PeeringToken":
            return self.name("token", value)
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        """Put placeholders into a text."""
        return PIECE.sub(self._piece, text.replace(self.version, "<version>")).rstrip()

    def _piece(self, found: re.Match[str]) -> str:
        piece = found.group()
        if piece == ROOT:
            return "<root-token>"
        if piece.startswith("127."):
            name = self.addresses.get(piece)
            return f"<addr:{name}>" if name else "127.0.0.1:<port>"
        if piece.startswith("-----BEGIN EC"):
            return "<key>"
        if re.fullmatch(FINGERPRINT, piece):
            return "<fingerprint>"
        if piece.startswith("-----"):
            return "<pem>"
        zero = piece.startswith(("0001-", "1970-"))
        return piece if zero else "<time>" if "T" in piece else self.name("uuid", piece)


def _is_rewritten(value: dict[str, Any]) -> bool:
    """Say whether this is a row that dials, or a check or proxy that its agent writes when it likes."""
    checked = "CheckID" in value and value.get("Type") in RUN
    return "PeerID" in value or checked or ("Proxy" in value and value.get("Kind") == "connect-proxy")


def _is_of_node(value: dict[str, Any]) -> bool:
    """Say whether this is a node or its health, which a server itself writes again at times."""
    return ("Address" in value and "TaggedAddresses" in value and "Node" in value) or (
        value.get("CheckID") == "serfHealth"
    )


def _of_gossip(member: dict[str, Any]) -> dict[str, Any]:
    """Put placeholders for a member's ports and what its server was built from."""
    tags = {
        name: "<version>" if name == "build" else "<port>" if name.endswith("port") else text
        for name, text in member["Tags"].items()
    }
    return {**member, "Port": "<int>", "Tags": tags}
