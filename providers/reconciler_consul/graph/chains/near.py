"""Who leads to a service, in one step or in several, and which ingress gateways listen for it."""

from __future__ import annotations

from reconciler_consul.graph.body import INGRESS, INTENTIONS, OF_CHAINS, listened, related
from reconciler_consul.graph.holdings import Shelf


def leading(shelf: Shelf, low: str, name: str) -> set[str]:
    """Return the services whose router, splitter or resolver leads to this one; `low` is its name in lower
    case.
    """
    found = set()
    for kind, other in shelf.referring.get(low, ()):
        spelled = shelf.name(kind, other)
        if name in related(kind, spelled, shelf.of(kind).get(other) or {}):
            found.add(spelled)
    return found


def listening_to(shelf: Shelf, low: str, name: str) -> list[str]:
    """Return the ingress gateways, in lower case, with a listener for this service."""
    gateways = shelf.of(INGRESS)
    found = (gateway for _, gateway in sorted(shelf.listening.get(low, ())))
    return [one for one in found if any(service == name for _, service in listened(gateways[one]))]


def all_leading_to(shelf: Shelf, low: str) -> set[str]:
    """Return a service and all that lead to it, in lower case."""
    found, todo = {low}, [low]
    for service in todo:
        further = {name for _, name in shelf.referring.get(service, ())} - found
        found |= further
        todo += further
    return found


def spelled(shelf: Shelf, low: str) -> str:
    """Return a service's name as the first entry that it has is written; in lower case where it has none."""
    kind = next((kind for kind in (*OF_CHAINS, INTENTIONS) if low in shelf.of(kind)), "")
    return shelf.name(kind, low)
