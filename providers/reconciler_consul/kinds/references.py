"""The parts of an entry of a discovery chain that name services which its writer has to be allowed to read.

Consul's `canWriteDiscoveryChain`: a peer's failover target is not among them, a redirect to a peer is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sdk.provider import Body


def of_resolver(body: Body) -> Iterator[Mapping[str, Any]]:
    """Yield the redirect, and the failover targets that are no peer's."""
    yield _mapping(body.get("Redirect"))
    for failover in _mapping(body.get("Failover")).values():
        targets = _items(_mapping(failover).get("Targets"))
        yield from (target for target in targets or [_mapping(failover)] if not target.get("Peer"))


def of_splitter(body: Body) -> Iterator[Mapping[str, Any]]:
    """Yield the splits."""
    yield from _items(body.get("Splits"))


def of_router(body: Body) -> Iterator[Mapping[str, Any]]:
    """Yield the destinations of the routes."""
    yield from (_mapping(route.get("Destination")) for route in _items(body.get("Routes")))


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
