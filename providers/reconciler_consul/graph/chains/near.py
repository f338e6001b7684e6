"""Who names a service directly: chain entries that lead to it, ingress gateways that listen for it."""

from __future__ import annotations

from reconciler_consul.graph.body import INGRESS, listened, related
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
