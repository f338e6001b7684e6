"""Whether servers accept a write, given what they hold.

They look one step up: at entries that name the written service directly, at all intentions, and no further.
What is further away can be broken by a write that is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from reconciler.sdk.provider import Body
from reconciler_consul.graph.alone import against_alone
from reconciler_consul.graph.body import (
    CHAIN_KINDS,
    EVERYWHERE,
    EXPORTS,
    HTTP_LIKE,
    INGRESS,
    INTENTIONS,
    MESH,
    has_permissions,
    listened,
)
from reconciler_consul.graph.chains.compiler import Chain
from reconciler_consul.graph.chains.exported import Exported, exports_of, new_target, unsafe
from reconciler_consul.graph.chains.near import leading, listening_to
from reconciler_consul.graph.chains.watch import Watch, matters, refusal_of_rules
from reconciler_consul.graph.chains.written import Written
from reconciler_consul.graph.holdings import Holdings, Reader
from reconciler_consul.graph.listening import is_tcp, mismatch
from reconciler_consul.graph.plain import is_plain, reads_if_free
from reconciler_consul.graph.where import Key, Place, Servers
from reconciler_consul.kinds.names import folded


class Judge:
    """Judges one write. `read` is what the answer rests on; `place` is where chains are looked at."""

    def __init__(
        self,
        holdings: Holdings,
        watch: Watch,
        servers: Servers,
        key: Key,
        name: str,
        body: Body | None,
        place: Place | None = None,
    ) -> None:
        self.holdings, self.watch, self.servers = holdings, watch, servers
        self.key, self.name, self.body = key, name, body
        self.place = place or key.place
        self.shelf = holdings.shelf(self.place)
        self.written = Written(holdings, watch.chains, key, name, self.place, alone=not servers.enterprise)
        self.read = self.written.read

    def refusal(self) -> str:
        """Return why servers do not take it, in their words; empty where they do, or where the entry does not
        change.
        """
        if self.written.before is None and self.body is None:
            return ""
        against = self._refusal()
        return "" if self.written.before == self.body else against

    def _refusal(self) -> str:
        if self.key.kind == INTENTIONS and self._is_harmless():
            return ""
        against = against_alone(self._reader(), self.key, self.name, self.body)
        if against or self.key.kind == MESH:
            return against
        if self.key.kind == EXPORTS:
            return self._of_exports() if self.body is not None else ""
        if self.key.kind not in (INTENTIONS, INGRESS, EVERYWHERE):
            self.watch.refresh(self.place, self.servers)
            free = self._reads_if_free()
            if free is not None:
                self.read |= free
                return ""
        exports = self._exports()
        with self.holdings.over(self.key, self.body):
            return self._of_chains(exports)

    def _is_harmless(self) -> bool:
        """Say whether intentions are plain, and their service has no chain that could be broken."""
        plain = self.body is None or not (has_permissions(self.body) or self.body.get("JWT"))
        return plain and is_plain(self.shelf, self.key.name)

    def _reads_if_free(self) -> set[Key] | None:
        """Return what the write depends on where no other entry uses it; `None` where one may."""
        if self.watch.broken.get(self.place) or not self.watch.at(self.key) <= {self.key.name}:
            return None
        return reads_if_free(self.shelf, self.key, self.body)

    def _reader(self) -> Reader:
        return Reader(self.holdings, self.place, not self.servers.enterprise, self.read)

    # Exports

    def _exports(self) -> Exported:
        stays = self.body is not None
        return exports_of(self.holdings, self.place, self.servers, self.name, stays=stays)

    def _of_exports(self) -> str:
        with self.holdings.over(self.key, self.body):
            exports = self._exports()
        return exports.unsafe(self._reader(), self.servers)

    # Chains

    def _of_chains(self, exports: Exported) -> str:
        kind = self.key.kind
        if kind == INTENTIONS:
            return self._of_intentions(exports)
        if kind == INGRESS:
            return self._of_gateway(exports)
        if kind == EVERYWHERE:
            return self._of_everything(exports) or self._of_namespaces()
        return self._of_service(exports)

    def _of_intentions(self, exports: Exported) -> str:
        if self.body is None or not (has_permissions(self.body) or self.shelf.has_chain(self.name)):
            return ""
        return self._first([self.name], exports, self._users((), [self.name]))

    def _of_gateway(self, exports: Exported) -> str:
        if self.body is None:
            return ""
        services = sorted({service for _, service in listened(self.body)})
        return self._first(services, exports, [lambda: self._listeners(self.key.name, strict=True)])

    def _of_everything(self, exports: Exported) -> str:
        """Judge proxy defaults: every chain, gateway and intention."""
        gateways = sorted(self.shelf.of(INGRESS))
        destinations = [self.shelf.name(INTENTIONS, low) for low in sorted(self.shelf.ruled)]
        listening = {s for low in gateways for _, s in listened(self.shelf.of(INGRESS)[low])}
        self.read.update(Key(self.place, INGRESS, low) for low in gateways)
        self.read.update(Key(self.place, INTENTIONS, low) for low in self.shelf.ruled)
        services = sorted(self.shelf.chained() | listening | set(destinations))
        return self._first(services, exports, self._users(gateways, destinations))

    def _of_namespaces(self) -> str:
        """Judge what proxy defaults, which belong to a partition, do to the chains of its other
        namespaces.
        """
        for place in sorted(self.holdings.shelves):
            if place.wide == self.key.place and place != self.key.place:
                there = Judge(self.holdings, self.watch, self.servers, self.key, self.name, self.body, place)
                against = there._of_everything(there._exports())
                self.read |= there.read
                if against:
                    return against
        return ""

    def _of_service(self, exports: Exported) -> str:
        """Judge a chain's entry: the service's own chain, those that lead to it, gateways, all intentions."""
        around = leading(self.shelf, self.key.name, self.name)
        gateways = listening_to(self.shelf, self.key.name, self.name)
        self.read.update(Key(self.place, INGRESS, low) for low in gateways)
        listening = {s for low in gateways for _, s in listened(self.shelf.of(INGRESS)[low])}
        about = self._about(around)
        services = [self.name, *sorted((around | listening | set(about)) - {self.name})]
        against = self._first(services, exports, self._users(gateways, about))
        return against or self._of_others(exports, about)

    def _about(self, around: set[str]) -> list[str]:
        """Return the destinations of intentions that this write could conflict with."""
        near = {folded(name) for name in {self.name, *around}}
        found = []
        for low in sorted(self.watch.at(self.key) | near):
            if matters(self.shelf, low):
                found.append(self.shelf.name(INTENTIONS, low))
                if low in self.shelf.ruled or low not in near:
                    self.read.add(Key(self.place, INTENTIONS, low))
        return found

    def _of_others(self, exports: Exported, about: Iterable[str]) -> str:
        """Judge all other intentions: they refuse a write only where their chain is broken already."""
        done = {folded(name) for name in about}
        for low, broken in sorted(self.watch.broken.get(self.place, {}).items()):
            against = broken.refused or (broken.unsafe if exports.has(broken.name) else "")
            if against and low not in done and self.shelf.has_chain(low):
                self.read.update(broken.read)
                return against
        return ""

    # One by one

    def _users(self, gateways: Iterable[str], destinations: Iterable[str]) -> list[Callable[[], str]]:
        """Return the users of chains: these ingress gateways, and the intentions for these destinations."""
        listeners = [partial(self._listeners, low, strict=False) for low in gateways]
        return [*listeners, *(partial(self._of_rules, name) for name in destinations)]

    def _first(self, services: Iterable[str], exports: Exported, users: Iterable[Callable[[], str]]) -> str:
        """Return the first thing that servers say against these chains, or against what uses them."""
        against = ""
        for service in services:
            against = against or self._of_chain(service, exports)
        for user in users if not against else ():
            against = against or user()
        self.written.note(services)
        return against

    def _of_chain(self, service: str, exports: Exported) -> str:
        found = self.written.of(service)
        if found.chain is None:
            self.written.blame(service)
            return found.refused
        against = unsafe(service, found.chain.parts, self.servers)
        against = against or self._of_targets(found.chain, exports)
        if not against:
            return ""
        if found.has(self.key):
            self.read.add(Key(self.place.wide, EXPORTS, "default"))
        if not exports.has(service):
            return ""
        self.written.blame(service)
        return against

    def _of_targets(self, chain: Chain, exports: Exported) -> str:
        """Return the refusal of a chain that is exported and not HTTP: it may not gain targets."""
        moves = self.key.kind in CHAIN_KINDS or exports.has(chain.service)
        if not moves or not self.written.of(chain.service).has(self.key):
            return ""
        before = self.written.standing(chain.service)
        if chain.parts.empty and before.chain is not None and before.chain.parts.empty:
            return ""
        against = new_target(chain, before, self.servers)
        if not against:
            return ""
        self.read |= before.read
        return against if self.written.protocol(chain.service) not in HTTP_LIKE else ""

    def _listeners(self, low: str, *, strict: bool) -> str:
        """Judge the listeners of a gateway: each has the protocol of its services. Before a service without
        router and splitter it may be TCP, unless the gateway itself is written.
        """
        for protocol, service in listened(self.shelf.of(INGRESS)[low]):
            found = self.written.of(service)
            chain, plain = found.chain, not strict and is_tcp(protocol, found)
            if chain is None or plain or self.written.protocol(service) == protocol:
                continue
            self.written.blame(service)
            return mismatch(service, chain.protocol, protocol)
        return ""

    def _of_rules(self, name: str) -> str:
        if self.key.kind != INTENTIONS and folded(name) not in self.shelf.ruled:
            return ""
        against = refusal_of_rules(name, self.shelf, self.written.protocol(name))
        if against:
            self.written.blame(name)
        return against
