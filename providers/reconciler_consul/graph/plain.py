"""Services that nothing depends on: no write about them conflicts with another entry. Most are so."""

from __future__ import annotations

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import DEFAULTS, RESOLVER, ROUTER, SPLITTER
from reconciler_consul.graph.holdings import Shelf
from reconciler_consul.graph.where import Key, Place

_MOVES = ("Redirect", "Failover", "DefaultSubset")


def is_plain(shelf: Shelf, low: str) -> bool:
    """Say whether a service's chain ends at itself, and can always be compiled."""
    if low in shelf.of(ROUTER) or low in shelf.of(SPLITTER):
        return False
    resolver = shelf.of(RESOLVER).get(low)
    return resolver is None or (_stays(resolver) and not _is_outside(shelf.of(DEFAULTS).get(low), resolver))


def reads_if_free(shelf: Shelf, key: Key, body: Body | None) -> set[Key] | None:
    """Return what a write of defaults or a resolver depends on if no other entry uses it; `None`
    if one may.
    """
    low, place = key.name, key.place
    if low in shelf.referring or low in shelf.listening or low in shelf.ruled or not is_plain(shelf, low):
        return None
    if key.kind == DEFAULTS and not _is_outside(body, shelf.of(RESOLVER).get(low)):
        return {Key(place, kind, low) for kind in (ROUTER, SPLITTER, RESOLVER)}
    if key.kind == RESOLVER and body is None:
        return {Key(place, kind, low) for kind in (ROUTER, SPLITTER)}
    if key.kind == RESOLVER and body and _stays(body) and not _is_outside(shelf.of(DEFAULTS).get(low), body):
        return {Key(place, kind, low) for kind in (ROUTER, SPLITTER, DEFAULTS)}
    return None


def hangs_on(place: Place, low: str) -> frozenset[Key]:
    """Return the keys that can break the chain of a plain service, apart from its own entries."""
    return frozenset({Key(place, DEFAULTS, low)})


def _stays(resolver: Body) -> bool:
    return not any(resolver.get(field) for field in _MOVES)


def _is_outside(defaults: Body | None, resolver: Body | None) -> bool:
    """Say whether a service outside of the mesh has subsets, which it may not."""
    return bool(defaults and defaults.get("ExternalSNI") and resolver and resolver.get("Subsets"))
