"""Writes that take a cluster down for good, and the connection that drops instead of an answer.

Every server applies the log of writes. One that it cannot decode ends its process, and since the write is in
the log, every restart with the same data ends at the same place (Consul 1.14 to 1.22).
"""

from __future__ import annotations

from typing import Any

from reconciler.emulator.core.state import WorldState
from reconciler.emulator.peering import endings
from reconciler.emulator.wire.messages import Response


def dropped() -> Response:
    """Return what a client sees of a request that panics: the connection ends without an answer."""
    return Response(0, {}, b"", broken="lost")


def poison(world: WorldState, name: str) -> None:
    """End every server of a cluster: it is down, and a start with the same data does not bring it up."""
    server = world.clusters[name].server
    world.faults.down.add(server)
    world.faults.poisoned.add(server)
    endings.break_links(world, server)


def kills(kind: str, value: dict[str, Any]) -> bool:
    """Say whether a decoded entry ends every server that applies it: null in a list of proxy-defaults."""
    return kind == "proxy-defaults" and _null_in_list(value.get("Config"))


def _null_in_list(item: Any) -> bool:
    if isinstance(item, dict):
        return any(_null_in_list(part) for part in item.values())
    return isinstance(item, list) and any(part is None or _null_in_list(part) for part in item)
