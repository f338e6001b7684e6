"""Which services an entry names, and on which cluster each of them is looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.sdk.checks import Planned
from reconciler.sdk.scope import DEFAULT
from reconciler_consul.checks.context import CheckContext
from reconciler_consul.server.entry_capabilities import values

_CHAIN = ("service_resolver", "service_splitter", "service_router")
_NO_SERVICE = ("*", "consul", "")
_ELSEWHERE = ("Datacenter", "Partition", "Namespace", "SamenessGroup")


def virtual_names(context: CheckContext) -> frozenset[tuple[str, str]]:
    """Return (cluster, name) of what a resolver, splitter or router of the plan gives a meaning to."""
    return frozenset(
        (one.address.cluster, one.address.name)
        for one in context.planned
        if one.address.type in _CHAIN and one.body is not None
    )


def named_services(
    item: Planned, context: CheckContext, virtual: frozenset[tuple[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield (cluster, service) for each service that has to be registered for the entry to have an effect.
    `virtual` names need not be.
    """
    address, body = item.address, item.owned or {}
    if address.namespace not in (None, DEFAULT):
        return
    reader = _READERS.get(address.type)
    for peer, name in reader(address.name, body) if reader is not None else ():
        here = address.cluster if peer is None else context.links.get((address.cluster, peer.lower()))
        if here is not None and name not in _NO_SERVICE and (here, name) not in virtual:
            yield here, name


def _exports(own: str, body: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    for name in values(body, "Services.Name"):
        yield None, str(name)


def _intentions(own: str, body: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    yield None, own
    for source in _items(body.get("Sources")):
        if not any(source.get(key) for key in _ELSEWHERE):
            yield _peer(source), str(source.get("Name") or "")


def _resolver(own: str, body: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    failover = body.get("Failover")
    entries = [entry for entry in (failover or {}).values() if isinstance(entry, Mapping)]
    targets = [target for entry in entries for target in _items(entry.get("Targets"))]
    redirect = body.get("Redirect")
    for target in (*([redirect] if isinstance(redirect, Mapping) else []), *targets):
        if not any(target.get(key) for key in _ELSEWHERE):
            yield _peer(target), str(target.get("Service") or own)


def _splitter(own: str, body: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    yield from ((None, str(split.get("Service") or own)) for split in _items(body.get("Splits")))


def _router(own: str, body: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
    destinations = (route.get("Destination") for route in _items(body.get("Routes")))
    yield from ((None, str(one.get("Service") or own)) for one in destinations if isinstance(one, Mapping))


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _peer(item: Mapping[str, Any]) -> str | None:
    return item.get("Peer") or None


_READERS = {
    "exported_services": _exports,
    "service_intentions": _intentions,
    "service_resolver": _resolver,
    "service_splitter": _splitter,
    "service_router": _router,
}
