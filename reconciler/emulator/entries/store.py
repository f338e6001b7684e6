"""Storing config entries: indexes, reverse links of the graph, virtual IPs, compare-and-set."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.chain.read import GRAPH_KINDS, related_services
from reconciler.emulator.core.store import VIRTUAL_KINDS, Entry, Store

Value = dict[str, Any]


def put_entry(store: Store, kind: str, name: str, value: Value) -> None:
    """Store an entry and count the write."""
    table = store.entries.setdefault(kind, {})
    key = name.lower()
    old = table.get(key)
    index = store.bump("config")
    _unlink(store, kind, old)
    table[key] = Entry(kind, name, value, old.create if old else index, index)
    if kind in GRAPH_KINDS:
        for service in related_services(kind, name, value):
            store.referrers.setdefault(service, set()).add((kind, name))
    if kind in VIRTUAL_KINDS and "*" not in name:
        store.assign_virtual_ip(name)
    _touch(store, kind, index)


def drop_entry(store: Store, entry: Entry) -> None:
    """Remove an entry and count the write."""
    _unlink(store, entry.kind, entry)
    del store.entries[entry.kind][entry.name.lower()]
    if entry.kind in VIRTUAL_KINDS:
        store.free_virtual_ip(entry.name)
    _touch(store, entry.kind, store.bump("config"))


def _touch(store: Store, kind: str, index: int) -> None:
    store.kinds[kind] = index
    store.sorted.pop(kind, None)
    store.cache.pop(f"list:{kind}", None)


def _unlink(store: Store, kind: str, entry: Entry | None) -> None:
    if entry is None or kind not in GRAPH_KINDS:
        return
    for service in related_services(kind, entry.name, entry.value):
        links = store.referrers.get(service, set())
        links.discard((kind, entry.name))
        if not links:
            store.referrers.pop(service, None)
