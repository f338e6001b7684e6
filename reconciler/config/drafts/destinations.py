"""Destinations: where resolvers, splitters and routers send requests, in one form for all three."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.config.drafts.draft import Draft
from reconciler.config.fields.lookup import get, maps
from reconciler.config.text.document import Place
from reconciler.sdk.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination; `peer` and `subset` are `None` where not given. A `redirect` replaces the service.

    `partition` and `namespace` are set where it is in others than what leads to it.
    """

    service: str
    peer: str | None
    subset: str | None
    place: Place
    redirect: bool = False
    partition: str | None = None
    namespace: str | None = None

    @property
    def away(self) -> bool:
        """Whether it is at a peer, or in another partition or namespace."""
        return any(where is not None for where in (self.peer, self.partition, self.namespace))


def destinations(draft: Draft) -> Iterator[Destination]:
    """Yield every destination of a draft, in order; none for other types."""
    reader = _READERS.get(draft.address.type)
    if reader is not None:
        yield from reader(draft)


def _resolver(draft: Draft) -> Iterator[Destination]:
    body = draft.body
    redirect, failover = get(body, "Redirect"), get(body, "Failover")
    if isinstance(redirect, Mapping):
        yield _destination(draft, redirect, draft.place_of("Redirect"), True)
    for key, entry in failover.items() if isinstance(failover, Mapping) else ():
        if get(entry, "Service") or get(entry, "ServiceSubset"):
            yield _destination(draft, entry, draft.place_of("Failover", key))
        for position, target in maps(get(entry, "Targets")):
            yield _destination(draft, target, draft.place_of("Failover", key, "Targets", position))


def _splitter(draft: Draft) -> Iterator[Destination]:
    for number, split in maps(get(draft.body, "Splits")):
        yield _destination(draft, split, draft.place_of("Splits", number))


def _router(draft: Draft) -> Iterator[Destination]:
    for number, route in maps(get(draft.body, "Routes")):
        yield _destination(draft, get(route, "Destination"), draft.place_of("Routes", number))


def _destination(draft: Draft, value: Any, place: Place, redirect: bool = False) -> Destination:
    names = ("Service", "Peer", "ServiceSubset", "Partition", "Namespace")
    service, peer, subset, partition, namespace = (_text(get(value, name)) for name in names)
    return Destination(service or draft.address.name, peer, subset, place, redirect, partition, namespace)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


_READERS = {"service_resolver": _resolver, "service_splitter": _splitter, "service_router": _router}
