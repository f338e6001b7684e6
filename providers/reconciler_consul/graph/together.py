"""Whose access each of several writes may change, in any order.

Between two states there may be a chain that neither has: a name is still exported as it was, and leads
already where it will. So ways are those of before and after at once: what any of them reaches counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field
from typing import Any

from reconciler.sdk.dataclass import dataclass
from reconciler.sdk.foresight import NO_ACCESS, Access
from reconciler.sdk.provider import Body
from reconciler_consul.graph.access import Pairs, granted, of_intentions, reaches, spaces
from reconciler_consul.graph.body import (
    ANY,
    CHAIN_KINDS,
    EXPORTS,
    INTENTIONS,
    RESOLVER,
    ROUTER,
    SPLITTER,
    exported,
    items,
    loses_peers,
    of_peer,
    struct,
    text,
)
from reconciler_consul.graph.chains.reach import called
from reconciler_consul.graph.holdings import Holdings, Rules
from reconciler_consul.graph.where import Key, Place, Servers
from reconciler_consul.kinds.names import folded

Target = tuple[str, str]  # a service, and by which subset one gets there
Links = dict[str, set[str]]  # a name in lower case -> names


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that is written: its key, its name as written, the body to be."""

    key: Key
    name: str
    body: Body | None


@dataclass(slots=True)
class Ways:
    """Where the names of one place lead, and who is shown them, before or after.

    `losing` are the names, in lower case, at which a redirect to a peer's service of that name ends here:
    servers ask the local resolver, too, and its redirect or default subset loses the peer (seen on Consul
    1.14 and 1.20).
    """

    losing: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)  # the names of peers' services that resolvers redirect to
    leads: Links = field(default_factory=dict)
    led: Links = field(default_factory=dict)
    exact: Links = field(default_factory=dict)
    wildcard: set[str] = field(default_factory=set)

    def add(self, name: str, targets: Iterable[str]) -> None:
        """Record that a name leads to these targets."""
        for target in targets:
            self.leads.setdefault(folded(name), set()).add(target)
            self.led.setdefault(folded(target), set()).add(name)

    def show(self, rules: Rules, place: Place) -> None:
        """Record that a place has these exports."""
        for service, peers in rules[0].items():
            self.exact.setdefault(folded(called(service, place.namespace)), set()).update(peers)
        self.wildcard |= rules[1]

    def ends(self, name: str) -> set[str]:
        """Return a name and all that it may lead to."""
        return _closure(self.leads, name)

    def callers(self, name: str) -> set[str]:
        """Return the peers that may get as far as a name."""
        found = (self.exact.get(folded(one), ()) for one in _closure(self.led, name))
        return self.wildcard.union(*found)


class Together:
    """All of several writes, on what exists before them."""

    def __init__(self, holdings: Holdings, servers: Mapping[str, Servers], entries: Sequence[Entry]) -> None:
        self.holdings, self.servers = holdings, servers
        self.after = {entry.key: entry.body for entry in entries}
        self.names = {entry.key: entry.name for entry in entries}
        self._ways: dict[Place, Ways] = {}

    def of_entry(self, cluster: str, entry: Entry) -> Access:
        """Return the access that writing an entry may change."""
        key = entry.key
        before = self.holdings.get(key)
        if key.kind == INTENTIONS:
            closes, opens = of_intentions(called(entry.name, key.place.namespace), before, entry.body)
        elif key.kind == EXPORTS:
            closes, opens = self._of_exports(cluster, key, before, entry.body)
        elif key.kind in CHAIN_KINDS:
            closes, opens = self._of_chain(cluster, entry, before)
        else:
            return NO_ACCESS
        return _access(cluster, closes, opens)

    def of_peer(self, cluster: str, name: str, *, made: bool) -> Access:
        """Return the access that creating a peering of this name, or deleting it, may change."""
        servers = self.servers[cluster]
        whole = Place(servers.home, servers.partition) if servers.enterprise else Place(servers.home)
        pairs: Pairs = set()
        for place in self._spaces(whole):
            ways = self._at(cluster, place)
            shown = [service for service, peers in ways.exact.items() if name in peers]
            pairs |= {(end, name) for service in shown for end in ways.ends(service)}
            pairs |= {(ANY, name)} if name in ways.wildcard else set()
        return _access(cluster, set(), pairs) if made else _access(cluster, pairs, set())

    def _of_exports(
        self, cluster: str, key: Key, before: Body | None, after: Body | None
    ) -> tuple[Pairs, Pairs]:
        closes: Pairs = set()
        opens: Pairs = set()
        for place in self._spaces(key.place):
            old, new = self._rules(cluster, place, before), self._rules(cluster, place, after)
            ways = self._at(cluster, place)
            closes |= _lost(ways, old, new, place)
            opens |= _lost(ways, new, old, place)
        return closes, opens

    def _spaces(self, place: Place) -> list[Place]:
        exports = Key(place.wide, EXPORTS, "default")
        return spaces(self.holdings, place, self.holdings.get(exports), self.after.get(exports))

    def _of_chain(self, cluster: str, entry: Entry, before: Body | None) -> tuple[Pairs, Pairs]:
        ways, kind = self._at(cluster, entry.key.place), entry.key.kind
        name = called(entry.name, entry.key.place.namespace)
        peers = ways.callers(name)
        if not peers:
            return set(), set()
        place, losing = entry.key.place, ways.losing
        was, will = (_targets(kind, entry.name, body, place, losing) for body in (before, entry.body))

        def reached(targets: set[Target]) -> Pairs:
            stays = {(name, "")} if kind == RESOLVER else set()
            ends = {name for name, _ in targets & stays}.union(*(ways.ends(to) for to, _ in targets - stays))
            return {(end, peer) for end in ends for peer in peers}

        closes, opens = reached(was - will), reached(will - was)
        turns = kind == RESOLVER and loses_peers(before) != loses_peers(entry.body)
        if turns and entry.key.name in ways.away:
            turned = {(end, peer) for end in ways.ends(name) for peer in peers}
            return (closes, opens | turned) if loses_peers(entry.body) else (closes | turned, opens)
        return closes, opens

    def _at(self, cluster: str, place: Place) -> Ways:
        found = self._ways.get(place)
        if found is None:
            found = self._ways[place] = self._put_together(cluster, place)
        return found

    def _put_together(self, cluster: str, place: Place) -> Ways:
        ways, shelf = Ways(self._losing(place), self._away(place)), self.holdings.shelf(place)
        for kind in CHAIN_KINDS:
            for low, body in shelf.of(kind).items():
                _add(ways, kind, shelf.name(kind, low), body, place)
        for key, written in self.after.items():
            if key.place == place and key.kind in CHAIN_KINDS:
                _add(ways, key.kind, self.names[key], written, place)
        exports = Key(place.wide, EXPORTS, "default")
        for shown in (self.holdings.get(exports), self.after.get(exports)):
            ways.show(self._rules(cluster, place, shown), place)
        return ways

    def _losing(self, place: Place) -> set[str]:
        return {low for low, body in self._resolvers(place) if loses_peers(body)}

    def _away(self, place: Place) -> set[str]:
        return {one for low, body in self._resolvers(place) if body for one in of_peer(low, body)}

    def _resolvers(self, place: Place) -> list[tuple[str, Body | None]]:
        """Return the resolvers of before and of after, with their names in lower case."""
        written = ((k.name, b) for k, b in self.after.items() if k.place == place and k.kind == RESOLVER)
        return [*self.holdings.shelf(place).of(RESOLVER).items(), *written]

    def _rules(self, cluster: str, place: Place, body: Body | None) -> Rules:
        enterprise = self.servers[cluster].enterprise
        namespace = place.namespace if enterprise else None
        return exported(body or {}, namespace, partitions=enterprise)


def _closure(links: Links, name: str) -> set[str]:
    found, todo = {name}, [name]
    for one in todo:
        further = links.get(folded(one), set()) - found
        found |= further
        todo += sorted(further)
    return found


def _add(ways: Ways, kind: str, name: str, body: Body | None, place: Place) -> None:
    """Let an entry of a place show the way, be it that of before or of after."""
    whole = called(name, place.namespace)
    ways.add(whole, _names(_targets(kind, name, body, place, ways.losing)) - {whole})


def _lost(ways: Ways, given: Rules, other: Rules, place: Place) -> Pairs:
    """Return what these exports give and others do not, with the services that it may lead to."""
    exact, wildcard = other
    lost = {(s, p) for s, p in granted(given) if p not in wildcard and p not in exact.get(s, ())}
    return {
        (end, p) for s, p in lost for end in (ways.ends(called(s, place.namespace)) if s != ANY else {ANY})
    }


def _names(targets: set[Target]) -> set[str]:
    return {name for name, _ in targets}


def _targets(kind: str, name: str, body: Body | None, place: Place, losing: Set[str]) -> set[Target]:
    """Return the local services that an entry leads its name to; the name itself where it stays there."""
    itself = (called(name, place.namespace), "")
    if body is None:
        return {itself}
    if kind == RESOLVER:
        return set(_of_resolver(name, body, place, losing))
    if kind == SPLITTER:
        return {_target(split, name, place) for split in items(body.get("Splits")) if _is_here(split, place)}
    assert kind == ROUTER
    routes = (struct(route.get("Destination")) for route in items(body.get("Routes")))
    return {itself} | {_target(route, name, place) for route in routes if _is_here(route, place)}


def _of_resolver(name: str, body: Body, place: Place, losing: Set[str]) -> Iterator[Target]:
    if body.get("Redirect"):
        redirect = struct(body["Redirect"])
        if _ends_here(redirect, name, place, losing):
            yield _target(redirect, name, place)
        return
    yield called(name, place.namespace), ""
    for subset, failover in struct(body.get("Failover")).items():
        for target in list(items(struct(failover).get("Targets"))) or [struct(failover)]:
            if _is_here(target, place):
                # Which of them counts is a matter of the subset that requests are for.
                yield _target(target, name, place)[0], f"{subset} {text(body.get('DefaultSubset'))}"


def _ends_here(target: Mapping[str, Any], name: str, place: Place, losing: Set[str]) -> bool:
    lost = target.get("Peer") and folded(text(target.get("Service")) or name) in losing
    return bool(lost) or _is_here(target, place)


def _is_here(target: Mapping[str, Any], place: Place) -> bool:
    return not target.get("Peer") and (text(target.get("Partition")) or place.partition) == place.partition


def _target(target: Mapping[str, Any], name: str, place: Place) -> Target:
    service, namespace = text(target.get("Service")) or name, text(target.get("Namespace"))
    return called(service, namespace or place.namespace), text(target.get("ServiceSubset"))


def _access(cluster: str, closes: Pairs, opens: Pairs) -> Access:
    if not closes and not opens:
        return NO_ACCESS
    return Access(reaches(cluster, closes), reaches(cluster, opens))
