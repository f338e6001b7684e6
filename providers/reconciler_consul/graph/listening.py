"""What a write does to ingress gateways that servers do not look at when they take it.

They look at the gateways that listen for the written service, not at those whose services only lead to it.
While a listener of a gateway is at odds with its service, they refuse every write to any of its services.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import EVERYWHERE, INGRESS, OF_CHAINS, listened
from reconciler_consul.graph.chains.cache import Chains, Tried, tried
from reconciler_consul.graph.chains.near import all_leading_to
from reconciler_consul.graph.holdings import Holdings, Shelf
from reconciler_consul.graph.where import Key
from reconciler_consul.kinds.names import folded


def is_tcp(protocol: str, found: Tried) -> bool:
    """Say whether a listener is TCP, before a service without router and splitter: its protocol is free."""
    return protocol == "tcp" and found.chain is not None and found.chain.is_resolved


def fits(protocol: str, found: Tried) -> bool:
    """Say whether a listener of this protocol does not conflict with its service."""
    return found.chain is None or found.protocol == protocol or is_tcp(protocol, found)


def mismatch(service: str, has: str, protocol: str) -> str:
    """Return what servers say where a service does not have the protocol of its listener."""
    return (
        f'service "{service}" has protocol "{has}", which does not match defined '
        f'listener protocol "{protocol}"'
    )


def turned(holdings: Holdings, chains: Chains, key: Key, body: Body | None, *, alone: bool) -> set[str]:
    """Return the services, in lower case, with a gateway listener that a write breaks or mends."""
    shelf = holdings.shelf(key.place)
    if key.kind not in OF_CHAINS or not shelf.of(INGRESS):
        return set()
    near = _near(shelf, chains, key, alone=alone)
    if not near:
        return set()
    with holdings.over(key, body):
        after = {service: tried(holdings, key.place, service, alone=alone) for service in near}
    turns = {s for s in near if any(fits(p, near[s]) != fits(p, after[s]) for p in _protocols(shelf, s))}
    return {folded(one) for services in _listeners(shelf) if turns & services.keys() for one in services}


def bears_on(key: Key, other: Key, services: set[str]) -> bool:
    """Say whether servers look at a gateway for these services when they judge a write to `other`."""
    if other.place != key.place:
        return False
    return other.kind == EVERYWHERE or (other.kind in OF_CHAINS and other.name in services)


def _near(shelf: Shelf, chains: Chains, key: Key, *, alone: bool) -> dict[str, Tried]:
    """Return the chains that gateways listen for and that an entry is part of.

    Only what leads to the entry's service is looked at: most services of a large gateway do not.
    """
    reached = set(shelf.listening)
    if key.kind != EVERYWHERE:
        reached &= all_leading_to(shelf, key.name)
    gateways = {gateway for low in reached for _, gateway in shelf.listening[low]}
    listed = {service for gateway in gateways for _, service in listened(shelf.of(INGRESS)[gateway])}
    services = (service for service in listed if folded(service) in reached)
    standing = {service: chains.of(key.place, service, alone=alone) for service in services}
    return {service: found for service, found in standing.items() if found.has(key)}


def _listeners(shelf: Shelf) -> Iterator[dict[str, set[str]]]:
    """Yield for each gateway the protocols with which it listens for each service."""
    for body in shelf.of(INGRESS).values():
        found: dict[str, set[str]] = {}
        for protocol, service in listened(body):
            found.setdefault(service, set()).add(protocol)
        yield found


def _protocols(shelf: Shelf, service: str) -> set[str]:
    return {protocol for found in _listeners(shelf) for protocol in found.get(service, ())}
