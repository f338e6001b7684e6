"""Whose access a write takes away, and whose it may give: exports, chains of what is exported, intentions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.sdk.foresight import NO_ACCESS, Access, Reach
from reconciler.sdk.provider import Body
from reconciler_consul.graph.body import ANY, CHAIN_KINDS, EXPORTS, INTENTIONS, exported, items, text
from reconciler_consul.graph.chains.exported import rules_of
from reconciler_consul.graph.chains.reach import called, ends, services
from reconciler_consul.graph.holdings import Holdings, Rules
from reconciler_consul.graph.remake import asks_more, is_deny, sources
from reconciler_consul.graph.where import DEFAULT, Key, Place, Servers
from reconciler_consul.kinds.names import folded

Pairs = set[tuple[str, str]]  # a service (`*`: every one), and who calls it: a peer, or "" for local callers


class Accesses:
    """Answers from what exists."""

    def __init__(self, holdings: Holdings, servers: Servers, cluster: str) -> None:
        self.holdings, self.servers, self.cluster = holdings, servers, cluster

    def of_entry(self, key: Key, name: str, body: Body | None) -> Access:
        """Return the access that writing an entry changes."""
        if key.kind == INTENTIONS:
            return self._access(*of_intentions(_named(key, name), self.holdings.get(key), body))
        if key.kind == EXPORTS:
            return self._of_exports(key, body)
        return self._of_chain(key, name, body) if key.kind in CHAIN_KINDS else NO_ACCESS

    def of_peer(self, name: str, *, made: bool) -> Access:
        """Return the access that creating a peering of this name, or deleting it, changes: exports to it
        begin or end.
        """
        whole = Place(self.servers.home, self.servers.partition)
        exports = self.holdings.get(Key(whole, EXPORTS, "default"))
        pairs: Pairs = set()
        for place in spaces(self.holdings, whole, exports):
            exact, wildcard = self._rules(place)
            pairs |= {(ANY, name)} if name in wildcard else set()
            for service in [service for service, peers in exact.items() if name in peers]:
                pairs |= {(end, name) for end in self._ends(place, service)}
        return self._access(set(), pairs) if made else self._access(pairs, set())

    def arrives(self, reach: Reach) -> bool:
        """Say whether callers get as far as a service: a chain that ends there is exported to them. Local
        ones always do.
        """
        if not reach.peer:
            return True
        places = [p for p in self.holdings.shelves if p[:2] == (self.servers.home, self.servers.partition)]
        return any(self._is_led(place, reach) for place in places)

    def _is_led(self, place: Place, reach: Reach) -> bool:
        exact, wildcard = self._rules(place)
        if wildcard and (reach.peer == ANY or reach.peer in wildcard):
            return True
        names = [service for service, peers in exact.items() if peers & {reach.peer} or reach.peer == ANY]
        return any(reach.service in (ANY, *self._ends(place, name)) for name in names)

    def _rules(self, place: Place) -> Rules:
        """Return the export rules in effect, other partitions of the same servers among the consumers."""
        if not self.servers.enterprise:
            return rules_of(self.holdings, place, self.servers)
        body = self.holdings.get(Key(place.wide, EXPORTS, "default"))
        return exported(body or {}, place.namespace, partitions=True)

    def _access(self, closes: Pairs, opens: Pairs) -> Access:
        if not closes and not opens:
            return NO_ACCESS
        return Access(reaches(self.cluster, closes), reaches(self.cluster, opens))

    # Exports

    def _of_exports(self, key: Key, body: Body | None) -> Access:
        closes: Pairs = set()
        opens: Pairs = set()
        for place in spaces(self.holdings, key.place, self.holdings.get(key), body):
            namespace = place.namespace if self.servers.enterprise else None
            old = self._rules(place)
            new = exported(body or {}, namespace, partitions=self.servers.enterprise)
            closes |= self._spread(place, granted(old), new)
            opens |= self._spread(place, granted(new), old)
        return self._access(closes, opens)

    def _spread(self, place: Place, given: Pairs, other: Rules) -> Pairs:
        """Return what is given here and not by other exports, with the services that it leads to."""
        exact, wildcard = other
        lost = {(s, p) for s, p in given if p not in wildcard and p not in exact.get(s, ())}
        found = {s: {called(s, place.namespace)} | self._ends(place, s) for s in {s for s, _ in lost}}
        return {(end, peer) for service, peer in lost for end in found[service]}

    def _ends(self, place: Place, service: str) -> set[str]:
        if service == ANY or not self.holdings.shelf(place).has_chain(service):
            return {called(service, place.namespace)}
        anything = Key(place, EXPORTS, "")
        return self._reached(anything, service, None)

    def _reached(self, key: Key, service: str, body: Body | None) -> set[str]:
        alone = not self.servers.enterprise
        return services(ends(self.holdings, key, service, body, alone=alone), key.place)

    # Chains

    def _of_chain(self, key: Key, name: str, body: Body | None) -> Access:
        exact, wildcard = self._rules(key.place)
        if not exact and not wildcard:
            return NO_ACCESS
        old: Pairs = set()
        new: Pairs = set()
        names = self._upwards(key.place, name)
        for service in names:
            peers = exact.get(service, set()) | wildcard
            was = self._reached(key, service, self.holdings.get(key)) if peers else set()
            will = self._reached(key, service, body) if peers else set()
            old |= {(end, peer) for end in was for peer in peers}
            new |= {(end, peer) for end in will for peer in peers}
        changed = self._only_by_these(key.place, old ^ new, set(names))
        return self._access(old & changed, new & changed)

    def _only_by_these(self, place: Place, pairs: Pairs, names: set[str]) -> Pairs:
        """Return the pairs that no exported name apart from these leads to."""
        if not pairs:
            return pairs
        exact, _ = self._rules(place)
        peers = {peer for _, peer in pairs}
        others = [service for service, shown in exact.items() if shown & peers and service not in names]
        stays = {(end, peer) for other in others for end in self._ends(place, other) for peer in exact[other]}
        return pairs - stays

    def _upwards(self, place: Place, name: str) -> list[str]:
        """Return a service, and all that lead to it."""
        shelf, found = self.holdings.shelf(place), [name]
        for service in found:
            further = {shelf.name(*who) for who in shelf.referring.get(folded(service), ())}
            found += sorted(further - set(found))
        return found


def reaches(cluster: str, pairs: Pairs) -> frozenset[Reach]:
    """Return the pairs of a cluster, each with the cluster."""
    return frozenset(Reach(cluster, service, peer) for service, peer in pairs)


def spaces(holdings: Holdings, place: Place, *exports: Body | None) -> list[Place]:
    """Return the namespaces of a partition that hold entries, and those that these exports name."""
    named = {text(one.get("Namespace")) for body in exports for one in items((body or {}).get("Services"))}
    known = {other.namespace for other in holdings.shelves if other.wide == place.wide}
    found = sorted({DEFAULT, *known, *named} - {"", ANY})
    return [place.wide._replace(namespace=namespace) for namespace in found]


def _named(key: Key, name: str) -> str:
    return called(name, key.place.namespace)


def granted(rules: Rules) -> Pairs:
    """Return the (service, peer) pairs that export rules give."""
    exact, wildcard = rules
    named = {(service, peer) for service, peers in exact.items() for peer in peers}
    return named | {(ANY, peer) for peer in wildcard}


# Intentions


def of_intentions(name: str, old: Body | None, new: Body | None) -> tuple[Pairs, Pairs]:
    """Return the callers for whom a change of the intentions for a service closes access, and for whom it
    opens.
    """
    closes: set[str] = set()
    opens: set[str] = set()
    before, after = _rules(old), _rules(new)
    for key in before.keys() | after.keys():
        peer = ANY if key[-1] else key[1]
        less, more = _change(before.get(key), after.get(key))
        closes |= {peer} if less else set()
        opens |= {peer} if more else set()
    return {(name, peer) for peer in closes}, {(name, peer) for peer in opens}


_DENY, _ABSENT, _ASKING, _ALLOW = 0.0, 1.0, 1.5, 2.0
_Rule = tuple[float, Any]  # how far a source gets, and what it is asked for


def _rules(body: Body | None) -> dict[tuple[str, ...], _Rule]:
    jwt = (body or {}).get("JWT")
    return {key: _rule(source, jwt) for key, source in sources(body).items()}


def _rule(source: Mapping[str, Any], jwt: Any) -> _Rule:
    if asks_more(source, jwt):
        return _ASKING, (source.get("Permissions") or [], jwt)
    return (_DENY if is_deny(source) else _ALLOW), None


def _change(old: _Rule | None, new: _Rule | None) -> tuple[bool, bool]:
    """Say whether a source may reach less, and whether more. Nothing is between deny and allow: without a
    rule, access depends on other rules. A rule that asks for a path or a token is there too, and cannot be
    compared.
    """
    before, after = old or (_ABSENT, None), new or (_ABSENT, None)
    if before[0] == after[0] or {before[0], after[0]} == {_ABSENT, _ASKING}:
        return before != after, before != after
    return after[0] < before[0], after[0] > before[0]
