"""Destinations: where resolvers, splitters and routers send requests, in one form for all three."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.config.document import Place
from reconciler.config.drafts import Draft
from reconciler.config.fields import get, maps, path_of


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination; `peer` and `subset` are `None` where not given. A `redirect` replaces the service."""

    service: str
    peer: str | None
    subset: str | None
    place: Place
    redirect: bool = False


def destinations(draft: Draft) -> Iterator[Destination]:
    """Every destination of a draft, in order; none for other types."""
    reader = _READERS.get(draft.address.type)
    if reader is not None:
        yield from reader(draft)


def _resolver(draft: Draft) -> Iterator[Destination]:
    body = draft.body
    redirect, failover = get(body, "Redirect"), get(body, "Failover")
    number = 0
    if isinstance(redirect, Mapping):
        yield _destination(draft, redirect, draft.at(0, *path_of(body, "Redirect")), True)
        number = 1
    for key, entry in failover.items() if isinstance(failover, Mapping) else ():
        base = (*path_of(body, "Failover"), key)
        if get(entry, "Service") or get(entry, "ServiceSubset"):
            yield _destination(draft, entry, draft.at(number, *base))
        for position, target in maps(get(entry, "Targets")):
            place = draft.at(number, *base, *path_of(entry, "Targets", position))
            yield _destination(draft, target, place)
            number += 1


def _splitter(draft: Draft) -> Iterator[Destination]:
    for number, split in maps(get(draft.body, "Splits")):
        yield _destination(draft, split, draft.at(number, *path_of(draft.body, "Splits", number)))


def _router(draft: Draft) -> Iterator[Destination]:
    for number, route in maps(get(draft.body, "Routes")):
        place = draft.at(number, *path_of(draft.body, "Routes", number))
        yield _destination(draft, get(route, "Destination"), place)


def _destination(draft: Draft, value: Any, place: Place, redirect: bool = False) -> Destination:
    service, peer, subset = (get(value, name) for name in ("Service", "Peer", "ServiceSubset"))
    return Destination(
        service if isinstance(service, str) and service else draft.address.name,
        peer if isinstance(peer, str) and peer else None,
        subset if isinstance(subset, str) and subset else None,
        place,
        redirect,
    )


_READERS = {"service_resolver": _resolver, "service_splitter": _splitter, "service_router": _router}
