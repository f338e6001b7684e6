"""The hash of a service's content, by which clients wait for it to change: the same number that servers give.

The algorithm is hashstructure's (2017): FNV-1 over each value, fields and keys combined without order. Of a
proxy's configuration the number is our own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from reconciler.emulator.wire.messages import dump

Value = dict[str, Any]
OFFSET, PRIME, WORD = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1


def content_hash(service: Value) -> str:
    """Return the hash of a service as its agent shows it, in hex."""
    proxy, connect = service.get("Proxy"), service.get("Connect")
    fields = {
        **{key: _text(service.get(key, "")) for key in ("Kind", "ID", "Service", "Address", "SocketPath")},
        "Tags": _list(map(_text, service["Tags"])),
        "Meta": _map({_text(key): _text(value) for key, value in service["Meta"].items()}),
        "Port": _number(service["Port"]),
        "TaggedAddresses": _map(_addresses(service.get("TaggedAddresses") or {})),
        "Weights": _structure("AgentWeights", {k: _number(n) for k, n in service["Weights"].items()}),
        "EnableTagOverride": _bytes(bytes([service["EnableTagOverride"]])),
        **dict.fromkeys(("CreateIndex", "ModifyIndex"), _number(0)),
        **dict.fromkeys(("ContentHash", "PeerName"), _text("")),
        "Proxy": _bytes(dump(proxy)) if proxy else _number(0),
        "Connect": _connect(connect) if connect else _number(0),
    }
    return f"{_structure('AgentService', fields):x}"


def _addresses(tagged: Value) -> dict[int, int]:
    return {
        _text(name): _structure(
            "ServiceAddress", {"Address": _text(one.get("Address", "")), "Port": _number(one.get("Port", 0))}
        )
        for name, one in tagged.items()
    }


def _connect(connect: Value) -> int:
    native = _bytes(bytes([bool(connect.get("Native"))]))
    return _structure("AgentServiceConnect", {"Native": native, "SidecarService": _number(0)})


def _bytes(data: bytes) -> int:
    found = OFFSET
    for byte in data:
        found = (found * PRIME & WORD) ^ byte
    return found


def _text(text: str) -> int:
    return _bytes(text.encode())


def _number(number: int) -> int:
    return _bytes(struct.pack("<q", number))


def _pair(one: int, other: int) -> int:
    return _bytes(struct.pack("<QQ", one, other))


def _list(items: Iterable[int]) -> int:
    found = 0
    for item in items:
        found = _pair(found, item)
    return found


def _map(items: dict[int, int]) -> int:
    found = 0
    for key, value in items.items():
        found ^= _pair(key, value)
    return found


def _structure(name: str, fields: dict[str, int]) -> int:
    return _text(name) ^ _map({_text(key): value for key, value in fields.items()})
