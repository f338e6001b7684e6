"""Which chains, listeners and intentions a write of an entry could break: what servers look at, no more.

They look one step up: at entries that name the written service directly. What is further away is not
looked at, and can be broken by a write that is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.chain.read import GRAPH_KINDS
from reconciler.emulator.core.store import Store

Value = dict[str, Any]
INGRESS = "ingress-gateway"
INTENTIONS = "service-intentions"


@dataclass(slots=True)
class Involved:
    """Services whose chains are compiled, gateways whose listeners and intentions whose rules are checked.

    `strict` where the gateway itself is written: then listeners have exactly the protocol of their services.
    """

    chains: list[str] = field(default_factory=list)
    gateways: list[Value] = field(default_factory=list)
    intentions: dict[str, Value] = field(default_factory=dict)
    strict: bool = False

    def complete(self) -> Involved:
        """Add the chains that the listeners and intentions are about."""
        further = {service for gateway in self.gateways for _, service in listened(gateway)}
        further |= self.intentions.keys()
        self.chains = [*self.chains, *sorted(further - set(self.chains))]
        return self


def involved(store: Store, kind: str, name: str, new: Value | None) -> Involved:
    """Return what putting `new` (None: deleting) at kind/name involves."""
    if kind in ("exported-services", "mesh"):
        return Involved()
    if kind in (INTENTIONS, INGRESS):
        return _of_itself(kind, name, new)
    if kind == "proxy-defaults":
        return _everything(store)
    if kind == "sameness-group":
        return Involved(sorted(entry.name for entry in store.list_entries("service-resolver")))
    around = {other for _, other in store.referrers.get(name, ())} - {name}
    gateways = [gateway for gateway in _gateways(store) if name in (s for _, s in listened(gateway))]
    intentions = _intentions(store, {name, *around})
    return Involved([name, *sorted(around)], gateways, intentions).complete()


def _of_itself(kind: str, name: str, new: Value | None) -> Involved:
    if new is None:
        return Involved()
    if kind == INTENTIONS:
        return Involved(intentions={name: new}).complete()
    return Involved(gateways=[new], strict=True).complete()


def _everything(store: Store) -> Involved:
    chains = {entry.name for kind in GRAPH_KINDS for entry in store.entries.get(kind, {}).values()}
    intentions = {entry.name: entry.value for entry in store.list_entries(INTENTIONS)}
    return Involved(sorted(chains), list(_gateways(store)), intentions).complete()


def _intentions(store: Store, about: set[str]) -> dict[str, Value]:
    """Return the intentions that could not be kept: of these services, and of those that have a chain.

    Servers look at all of them. A service without router, splitter and resolver has no chain to break.
    """
    known = store.entries.get(INTENTIONS, {})
    chained = {key for kind in GRAPH_KINDS for key in store.entries.get(kind, {})}
    wanted = (known.keys() & chained) | (known.keys() & {name.lower() for name in about})
    return {known[key].name: known[key].value for key in sorted(wanted)}


def _gateways(store: Store) -> Iterator[Value]:
    for entry in store.list_entries(INGRESS):
        yield entry.value


def listened(gateway: Value) -> Iterator[tuple[str, str]]:
    """Yield (protocol, service) of every listener of an ingress gateway; wildcards are none."""
    for listener in gateway.get("Listeners") or ():
        for service in listener.get("Services") or ():
            if service.get("Name") != "*":
                yield listener.get("Protocol") or "tcp", service.get("Name", "")
