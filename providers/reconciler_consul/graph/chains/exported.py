"""What servers refuse about the chains of services that are exported to peers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import EXPORTS, exported, items, struct
from reconciler_consul.graph.chains.cache import Tried
from reconciler_consul.graph.chains.compiler import Chain
from reconciler_consul.graph.chains.parts import Parts, parts
from reconciler_consul.graph.holdings import Holdings, Reader, Rules, Shelf
from reconciler_consul.graph.where import Key, Place, Servers

_REACHES_PEERS = 16  # since 1.16 a chain's targets at peers, and those of failover, are looked at


class Exported:
    """What a place exports. Servers count the `written` name among those that a wildcard covers, for
    every kind of entry, and not where it is removed."""

    def __init__(self, shelf: Shelf, rules: Rules, written: str = "", *, stays: bool = True) -> None:
        self._shelf = shelf
        self.exact, self.wildcard = rules
        self._written, self._stays = written, stays

    def has(self, service: str) -> bool:
        """Say whether a service is exported at all."""
        if self.exact.get(service):
            return True
        if not self.wildcard:
            return False
        return self._stays if service == self._written else self._shelf.has_chain(service)

    def unsafe(self, reader: Reader, servers: Servers) -> str:
        """Return why one of the exported services may not be exported; empty where all may."""
        names = {*self.exact, *(self._shelf.chained() if self.wildcard else ())}
        chained = sorted(name for name in names if self._shelf.has_chain(name))
        found = (unsafe(name, parts(reader, name), servers) for name in chained)
        return next(filter(None, found), "")


def exports_of(holdings: Holdings, place: Place, servers: Servers, written: str, *, stays: bool) -> Exported:
    """Return what a place exports while a name is written."""
    return Exported(holdings.shelf(place), rules_of(holdings, place, servers), written, stays=stays)


def rules_of(holdings: Holdings, place: Place, servers: Servers) -> Rules:
    """Return the export rules for a place; they are cached until the entry changes."""
    body, shelf = holdings.get(Key(place.wide, EXPORTS, "default")), holdings.shelf(place)
    if shelf.rules is None or shelf.rules[0] is not body:
        rules = exported(body or {}, place.namespace if servers.enterprise else None)
        shelf.rules = (body, rules)
    return shelf.rules[1]


def unsafe(service: str, found: Parts, servers: Servers) -> str:
    """Return why a chain leaves the datacenter or the peer of an exported service; empty where it
    does not.
    """
    texts = (text for body in found.resolvers.values() for text in _ways_out(body, servers))
    return next((f'peer exported service "{service}" contains {text}' for text in texts), "")


def _ways_out(resolver: Body, servers: Servers) -> Iterator[str]:
    newer = servers.minor >= _REACHES_PEERS
    redirect = struct(resolver.get("Redirect"))
    if redirect.get("Datacenter"):
        yield "cross-datacenter resolver redirect"
    elif redirect.get("Peer") and newer:
        yield "cross-peer resolver redirect"
    for failover in struct(resolver.get("Failover")).values():
        targets: Iterable[Body] = items(failover.get("Targets")) if newer else ()
        if failover.get("Datacenters") or any(target.get("Datacenter") for target in targets):
            yield "cross-datacenter failover"


def new_target(chain: Chain, before: Tried, servers: Servers) -> str:
    """Return why a chain that is not HTTP may not replace another one; empty where it may."""
    if before.chain is None:
        return f'error compiling current discovery chain for "{chain.service}": {before.refused}'
    known = _identities(before.chain, servers).keys()
    for identity, target in sorted(_identities(chain, servers).items()):
        if identity not in known:
            return (
                f'peer exported service "{chain.service}" uses protocol="{chain.protocol}" and cannot '
                f'introduce new discovery chain targets like "{target}"'
            )
    return ""


def _identities(chain: Chain, servers: Servers) -> dict[tuple[str, ...], str]:
    """Return what the certificates of a chain's targets would say, each with one of the targets."""
    newer = servers.minor >= _REACHES_PEERS
    out: dict[tuple[str, ...], str] = {}
    for target in sorted(chain.ends):
        if not (newer and target.id in chain.spare):
            peer = f"peer:{target.peer}" if target.peer and newer else target.datacenter
            out.setdefault((target.service, target.namespace, target.partition, peer), target.id)
    return out
