"""What the servers hold, with who refers to whom, and a reader that notes what it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any

from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import (
    CHAIN_KINDS,
    INGRESS,
    INTENTIONS,
    RESOLVER,
    ROUTER,
    SPLITTER,
    has_permissions,
    listened,
    providers,
    related,
)
from reconciler_consul.graph.where import Key, Place
from reconciler_consul.kinds.names import folded

Rules = tuple[dict[str, set[str]], set[str]]  # of exports: peers by service, peers of the wildcard
Change = Callable[[set[Any], Any], None]
Named = dict[str, str]  # name in lower case -> as it is spelled


Links = dict[str, set[tuple[str, str]]]  # a name in lower case -> kinds and names of who refers to it


@dataclass(slots=True)
class Shelf:
    """One place's entries by kind, and who refers to a name: chain entries and ingress gateways to a service,
    intentions to a JWT provider. Names are in lower case; `spelled` has them as they are written."""

    entries: dict[str, dict[str, Body]] = field(default_factory=dict)
    spelled: dict[str, Named] = field(default_factory=dict)
    referring: Links = field(default_factory=dict)
    listening: Links = field(default_factory=dict)
    relying: Links = field(default_factory=dict)
    ruled: set[str] = field(default_factory=set)  # intentions that have permissions
    rules: tuple[Body | None, Rules] | None = None  # the exports that were read last, and what they say

    def of(self, kind: str) -> dict[str, Body]:
        """Return the entries of a kind."""
        found = self.entries.get(kind)
        if found is None:
            found = self.entries[kind] = {}
        return found

    def name(self, kind: str, low: str) -> str:
        """Return an entry's name as it is written."""
        return self.spelled.get(kind, {}).get(low, low)

    def has_chain(self, name: str) -> bool:
        """Say whether a router, splitter or resolver gives a name a meaning."""
        low = folded(name)
        return low in self.of(RESOLVER) or low in self.of(SPLITTER) or low in self.of(ROUTER)

    def chained(self) -> set[str]:
        """Return the names of all routers, splitters and resolvers."""
        return {self.name(kind, low) for kind in CHAIN_KINDS for low in self.of(kind)}

    def put(self, kind: str, name: str, body: Body | None) -> None:
        """Hold an entry, or none."""
        low, table = folded(name), self.of(kind)
        before = table.get(low)
        if before is not None:
            self._link(kind, self.name(kind, low), before, set.discard)
        if body is None:
            table.pop(low, None)
            return
        table[low] = body
        self.spelled.setdefault(kind, {})[low] = name
        self._link(kind, name, body, set.add)

    def _link(self, kind: str, name: str, body: Body, change: Change) -> None:
        low = folded(name)
        if kind in CHAIN_KINDS:
            _change(self.referring, related(kind, name, body), (kind, low), change)
        elif kind == INGRESS:
            _change(self.listening, {service for _, service in listened(body)}, (kind, low), change)
        elif kind == INTENTIONS and has_permissions(body):
            change(self.ruled, low)
        if kind == INTENTIONS:
            _change(self.relying, providers(body), (kind, low), change)


def _change(links: Links, names: set[str], who: tuple[str, str], change: Change) -> None:
    for name in names:
        found = links.setdefault(folded(name), set())
        change(found, who)
        if not found:
            del links[folded(name)]


class Holdings:
    """All places. `over` lets a write stand for as long as it is judged."""

    def __init__(self) -> None:
        self.shelves: dict[Place, Shelf] = {}

    def shelf(self, place: Place) -> Shelf:
        """Return one place's entries."""
        found = self.shelves.get(place)
        if found is None:
            found = self.shelves[place] = Shelf()
        return found

    def get(self, key: Key) -> Body | None:
        """Return the entry at a key, or `None`."""
        shelf = self.shelves.get(key.place)
        return None if shelf is None else shelf.of(key.kind).get(key.name)

    @contextmanager
    def over(self, key: Key, body: Body | None) -> Iterator[None]:
        """Hold a body at a key for a while; who refers to whom stays as it was."""
        table = self.shelf(key.place).of(key.kind)
        before = table.get(key.name)
        _set(table, key.name, body)
        try:
            yield
        finally:
            _set(table, key.name, before)


def _set(table: dict[str, Body], name: str, body: Body | None) -> None:
    if body is None:
        table.pop(name, None)
    else:
        table[name] = body


@dataclass(slots=True)
class Reader:
    """Reads one place, and notes every key that an answer rests on."""

    holdings: Holdings
    place: Place
    alone: bool  # Community Edition: there is no other place
    read: set[Key] = field(default_factory=set)

    def key(self, kind: str, name: str) -> Key:
        """Return the key of an entry that is read from here."""
        place = self.place if is_namespaced(kind) else self.place.wide
        return Key(place, kind, folded(name))

    def get(self, kind: str, name: str) -> Body | None:
        """Return an entry, or `None`, and record that it was read."""
        key = self.key(kind, name)
        self.read.add(key)
        return self.holdings.get(key)

    def peek(self, kind: str, name: str) -> Body | None:
        """Return an entry, or `None`, without recording it: record it where it comes to matter."""
        return self.holdings.get(self.key(kind, name))

    def is_here(self, partition: str, namespace: str) -> bool:
        """Say whether entries for that partition and namespace are read from here."""
        return self.alone or (partition, namespace) == self.place[1:]

    def elsewhere(self, partition: str, namespace: str) -> Reader:
        """Return a reader of another place of the same servers, which records into the same set."""
        return Reader(self.holdings, Place(self.place.home, partition, namespace), self.alone, self.read)
