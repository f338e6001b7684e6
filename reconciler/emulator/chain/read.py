"""Which entries make up a discovery chain, read from the store or from proposed changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.core.store import Store

Value = dict[str, Any]
Overrides = Mapping[tuple[str, str], Value | None]
GRAPH_KINDS = ("service-router", "service-splitter", "service-resolver")


class Reader:
    """Reads the entries that a chain may use, some of them replaced by proposed ones: those are for one
    partition and namespace, proxy defaults for all namespaces of their partition."""

    def __init__(self, store: Store, overrides: Overrides, proposed_at: Store | None = None) -> None:
        self.store = store
        self.overrides = overrides
        self.proposed_at = store if proposed_at is None else proposed_at

    def get(self, kind: str, name: str) -> Value | None:
        """Return the decoded entry, None when absent."""
        store, at = self.store, self.proposed_at
        if kind == "proxy-defaults":
            store, at = store.wide, at.wide
        if store is at and (kind, name) in self.overrides:
            return self.overrides[kind, name]
        entry = store.entry(kind, name)
        return None if entry is None else entry.value

    def elsewhere(self, partition: str, namespace: str) -> Reader:
        """Return a reader of another partition or namespace."""
        place = (partition, namespace)
        return Reader(self.store.family.get(place) or Store(*place), self.overrides, self.proposed_at)

    def protocol(self, service: str) -> str:
        """Return the protocol of a service by itself."""
        defaults = self.get("service-defaults", service)
        if defaults is not None:
            return defaults.get("Protocol") or "tcp"
        everywhere = self.get("proxy-defaults", "global") or {}
        return _text(default_protocol(everywhere.get("Config") or {})).lower() or "tcp"


def default_protocol(config: Value) -> Any:
    """Return what proxy-defaults say of the protocol, with its name in any letter case; "" for nothing."""
    named = [name for name in config if name.lower() == "protocol"]
    return config.get("protocol", config[named[0]] if named else "")


def _text(protocol: Any) -> str:
    if isinstance(protocol, bool):
        return str(int(protocol))
    return "" if protocol is None or isinstance(protocol, (dict, list)) else str(protocol)


def related_services(kind: str, name: str, value: Value) -> list[str]:
    """Return the services that a router, splitter or resolver leads to, sorted, without itself."""
    if kind == "service-router":
        found = {
            (route.get("Destination") or {}).get("Service") or name for route in value.get("Routes") or ()
        }
    elif kind == "service-splitter":
        found = {split.get("Service") or name for split in value.get("Splits") or ()}
    else:
        found = set(_resolver_services(name, value))
    return sorted(found - {name})


def _resolver_services(name: str, value: Value) -> list[str]:
    found = []
    if "Redirect" in value:
        found.append(value["Redirect"].get("Service") or name)
    for failover in (value.get("Failover") or {}).values():
        targets = failover.get("Targets")
        if not targets:
            found.append(failover.get("Service") or name)
        found += [target.get("Service") or name for target in targets or () if not target.get("Peer")]
    return found


@dataclass(slots=True)
class ChainSet:
    """The entries that one chain is made of; `named` are the services whose defaults come with them."""

    router: Value | None = None
    splitters: dict[str, Value] = field(default_factory=dict)
    resolvers: dict[str, Value] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)


def chain_set(reader: Reader, service: str) -> ChainSet:
    """Return every entry that the chain of `service` uses."""
    found = ChainSet(reader.get("service-router", service))
    splitting = {service}
    if found.router is not None:
        splitting.update(related_services("service-router", service, found.router))
    seen = _follow(reader, "service-splitter", splitting, found.splitters)
    found.named = _follow(reader, "service-resolver", seen, found.resolvers)
    return found


def _follow(reader: Reader, kind: str, start: set[str], out: dict[str, Value]) -> set[str]:
    todo, seen = sorted(start), set(start)
    while todo:
        name = todo.pop(0)
        value = reader.get(kind, name)
        if value is None:
            continue
        out[name] = value
        for other in related_services(kind, name, value):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen
