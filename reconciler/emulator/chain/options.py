"""What a request for a chain may override, and the hash that Consul gives a chain that differs for it."""

from __future__ import annotations

from dataclasses import dataclass, field

OFFSET = 0xCBF29CE484222325
PRIME = 0x100000001B3
WORD = 2**64


@dataclass(slots=True)
class Options:
    """Overridden protocol, mesh gateway mode and connect timeout (nanoseconds); `used` made a difference."""

    protocol: str = ""
    mesh_gateway: str = ""
    connect_timeout: int = 0
    used: set[str] = field(default_factory=set)

    def hash(self) -> str:
        """Return the customization hash; "" where nothing made a difference."""
        if not self.used:
            return ""
        gateway = self.mesh_gateway if "mesh_gateway" in self.used else ""
        protocol = self.protocol if "protocol" in self.used else ""
        timeout = self.connect_timeout if "connect_timeout" in self.used else 0
        fields = (
            ("OverrideMeshGateway", _struct("MeshGatewayConfig", (("Mode", _text(gateway)),))),
            ("OverrideProtocol", _text(protocol)),
            ("OverrideConnectTimeout", _fnv(timeout.to_bytes(8, "little", signed=True))),
        )
        return f"{_struct('', fields):x}"[:8]


def _fnv(data: bytes) -> int:
    """Return FNV-1, 64 bits."""
    value = OFFSET
    for byte in data:
        value = value * PRIME % WORD ^ byte
    return value


def _text(text: str) -> int:
    return _fnv(text.encode())


def _struct(name: str, fields: tuple[tuple[str, int], ...]) -> int:
    value = _text(name)
    for field_name, hashed in fields:
        value ^= _fnv(_text(field_name).to_bytes(8, "little") + hashed.to_bytes(8, "little"))
    return value
