"""Who exports what to whom, from the exported-services entry and the catalog."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.chain.read import GRAPH_KINDS
from reconciler.emulator.core.store import Store

Value = dict[str, Any]
HIDDEN = "consul"


def export_rules(store: Store) -> tuple[dict[str, set[str]], set[str]]:
    """Return (peers by exactly named service, peers of the wildcard), kept until the entry changes."""
    entry = store.wide.entry("exported-services", store.partition)
    kept = store.cache.get("exports")
    if kept is not None and kept[0] is entry:
        rules: tuple[dict[str, set[str]], set[str]] = kept[1]
        return rules
    rules = rules_of(entry.value if entry else {}, store.namespace)
    store.cache["exports"] = (entry, rules)
    return rules


def rules_of(value: Value, namespace: str) -> tuple[dict[str, set[str]], set[str]]:
    """Return the export rules that one decoded entry has for the services of a namespace."""
    exact: dict[str, set[str]] = {}
    wildcard: set[str] = set()
    for service in value.get("Services") or ():
        if service.get("Namespace", namespace) not in (namespace, "*"):
            continue
        peers = {consumer.get("Peer") or consumer.get("PeerName") for consumer in service["Consumers"]}
        peers.discard(None)
        if service["Name"] == "*":
            wildcard |= peers
        elif service["Name"] != HIDDEN:
            exact.setdefault(service["Name"], set()).update(peers)
    return exact, wildcard


def typical_services(store: Store) -> set[str]:
    """Return the catalog's services that a wildcard covers: no proxies, gateways or `consul` itself."""
    return {
        name
        for name, instances in store.by_name.items()
        if name != HIDDEN and any(not item.get("Kind") for item in instances.values())
    }


def chain_names(store: Store) -> set[str]:
    """Return the names that a router, splitter or resolver gives meaning to."""
    return {entry.name for kind in GRAPH_KINDS for entry in store.entries.get(kind, {}).values()}


def exported_to(store: Store, peer: str) -> tuple[str, ...]:
    """Return the services exported to `peer`, sorted; absent services that are named count too."""
    marker = (*(other.table_index("config") for other in store.family.values()), store.table_index("catalog"))
    kept = store.cache.get(f"exported:{peer}")
    if kept is not None and kept[0] == marker:
        names: tuple[str, ...] = kept[1]
        return names
    exact, wildcard = export_rules(store)
    found = {name for name, peers in exact.items() if peer in peers}
    if peer in wildcard:
        found |= typical_services(store) | (chain_names(store) - {HIDDEN})
    names = tuple(sorted(found)) + _further(store, peer)
    store.cache[f"exported:{peer}"] = (marker, names)
    return names


def _further(store: Store, peer: str) -> tuple[str, ...]:
    """Return what other namespaces of the partition export to `peer` (Enterprise), as NAMESPACE/SERVICE.

    How servers write these names was not seen.
    """
    if store is not store.wide:
        return ()
    spaces = [other for other in store.family.values() if other.partition == store.partition]
    return tuple(
        sorted(
            f"{other.namespace}/{name}"
            for other in spaces
            if other.namespace not in (store.namespace, "*")
            for name in exported_to(other, peer)
        )
    )


def resolved_exports(store: Store, *, enterprise: bool = False) -> list[Value]:
    """Return /v1/exported-services: wildcards expanded over typical services, sorted."""
    if enterprise:
        return _resolved_in_places(store)
    exact, wildcard = export_rules(store)
    peers: dict[str, set[str]] = {name: set(found) for name, found in exact.items() if found}
    if wildcard:
        for name in typical_services(store):
            peers.setdefault(name, set()).update(wildcard)
    return [{"Service": name, "Consumers": {"Peers": sorted(peers[name])}} for name in sorted(peers)]


def _resolved_in_places(store: Store) -> list[Value]:
    """Return the resolved exports with namespaces, and partitions as consumers (Enterprise; documented in
    api-docs/exported-services).
    """
    entry = store.wide.entry("exported-services", store.partition)
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for service in (entry.value.get("Services") or ()) if entry else ():
        for other in store.family.values():
            if other.partition != store.partition or service["Namespace"] not in (other.namespace, "*"):
                continue
            for name in typical_services(other) if service["Name"] == "*" else [service["Name"]]:
                consumers = found.setdefault((name, other.namespace), {"Peers": set(), "Partitions": set()})
                for consumer in service["Consumers"]:
                    consumers["Peers"].update(filter(None, [consumer.get("Peer")]))
                    consumers["Partitions"].update(filter(None, [consumer.get("Partition")]))
    return [
        {
            "Service": name,
            "Partition": store.partition,
            "Namespace": namespace,
            "Consumers": {kind: sorted(names) for kind, names in consumers.items() if names},
        }
        for (name, namespace), consumers in sorted(found.items())
        if any(consumers.values())
    ]
