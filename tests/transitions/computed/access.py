"""Who may call whom, from what servers hold: slow and simple, and nothing of the product's.

One caller is a service of a cluster, told by the cluster and not by anybody's name for it. It reaches a
service of a cluster where

* it is local, or a chain of a name ends there that is exported to the peer (or partition) that leads to the
  caller: router, splitter, resolver and failover of that name. Within a cluster chains only show the way:
  who dials an instance itself is stopped by nothing but intentions;
* the strongest intention of the service that ends it up says so, or the default where there is none.

On Enterprise a service of another namespace than `default` is called `namespace/service`. A chain that steps
into another namespace or partition ends there: sandbox servers look at that one step only.

A set of kinds of requests (path, method, token) is a number, one bit for each kind. Both defaults are
looked at: what is allowed where the default is to allow, and where it is to deny.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.emulator import World
from reconciler.emulator.core.store import Store
from tests.transitions.configurations.flavours import Flavour

ANY = "*"
DEFAULT = "default"
OTHER = "any-other"  # stands for the sources that nothing names
REQUESTS = [
    (path, method, token)
    for path in ("/v1/x", "/admin", "/else")
    for method in ("GET", "POST")
    for token in ("", "auth0", "okta")
]
ALL = (1 << len(REQUESTS)) - 1
Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One caller and where it ends up; `default` is the policy under which that is looked at."""

    default: str
    source: str
    caller: str
    service: str
    cluster: str

    def __str__(self) -> str:
        return f"{self.source}@{self.caller} -> {self.service}@{self.cluster} (default {self.default})"


Allowed = dict[Call, int]


class Access:
    """Computes what is allowed on a world; what did not move is not computed again."""

    def __init__(self, world: World, flavour: Flavour, services: tuple[str, ...]) -> None:
        self.world = world
        self.flavour = flavour
        self.services = services
        self.kept: dict[str, tuple[object, Allowed]] = {}

    def now(self) -> Allowed:
        """What is allowed at this moment."""
        callers = self.callers()
        out: Allowed = {}
        for name in self.flavour.names:
            spaces = (self.store(name), *self.store(name).namespaces())
            mark = ([store.table_index("config") for store in spaces], callers[name])
            if name not in self.kept or self.kept[name][0] != mark:
                self.kept[name] = (mark, self.place(name).allowed(callers[name]))
            out.update(self.kept[name][1])
        return out

    def shown(self) -> set[tuple[str, str, str]]:
        """The services that callers of other clusters see now by their own names: (caller's cluster, cluster,
        service).
        """
        return {
            (cluster, name, service)
            for name, callers in self.callers().items()
            for (peer, partition), cluster in callers.items()
            for service in self.place(name).exported(peer, partition)
        }

    def store(self, name: str) -> Store:
        """What the servers keep of a declared cluster."""
        return self.flavour.cluster(self.world, name).store

    def place(self, name: str) -> Place:
        """What a declared cluster holds now."""
        return Place(name, self.store(name), self.services)

    def callers(self) -> dict[str, dict[tuple[str, str], str]]:
        """For each cluster, callers as it writes them (peer, partition) -> the cluster that they are of."""
        out: dict[str, dict[tuple[str, str], str]] = {n: {("", ""): n} for n in self.flavour.names}
        for one, (server, partition) in self.flavour.homes.items():
            for other, (beside, _) in self.flavour.homes.items():
                if one != other and server == beside:
                    out[other]["", partition] = one
        for link in self.world.links.values():
            ends = (self._end(link.dialer, link.dialer_row), self._end(link.acceptor, link.acceptor_row))
            if ends[0] is not None and ends[1] is not None:
                for (here, row), (there, _) in (ends, ends[::-1]):
                    out[here][row, ""] = there
        return out

    def _end(self, server: str, row: str) -> tuple[str, str] | None:
        """The declared cluster and the name of a row that is up."""
        store = self.world.clusters[server].store
        found = store.peering_by_id(row)
        if found is None or found.gone:
            return None
        for name in self.flavour.names:
            if self.flavour.cluster(self.world, name).store is store:
                return name, found.name
        return None


class Place:
    """What one cluster holds, in all its namespaces."""

    def __init__(self, name: str, store: Store, services: tuple[str, ...]) -> None:
        self.name = name
        self.partition = store.partition
        stores = (store, *store.namespaces())
        self.entries: dict[str, dict[str, Value]] = {}
        for one in stores:
            for kind, table in one.entries.items():
                found = self.entries.setdefault(kind, {})
                found.update({within(e.name, one.namespace): e.value for e in table.values()})
        self.services = [within(service, one.namespace) for one in stores for service in services]
        chained = ("service-router", "service-splitter", "service-resolver")
        self.names = sorted(
            {*self.services, *(name for kind in chained for name in self.entries.get(kind, {}))}
        )
        self.sources = (*services, OTHER)
        if len(stores) > 1:
            self.sources += tuple(within(OTHER, one.namespace) for one in stores[1:])
            self.sources += tuple(within(services[0], one.namespace) for one in stores[1:])
        self.exports = next(iter(self.entries.get("exported-services", {}).values()), {})

    def entry(self, kind: str, name: str) -> Value:
        return self.entries.get(kind, {}).get(name) or {}

    def allowed(self, callers: Mapping[tuple[str, str], str]) -> Allowed:
        """All calls that end here."""
        out: Allowed = {}
        for (peer, partition), cluster in callers.items():
            local = not peer and not partition
            ends = {end for start in self.exported(peer, partition) for end in self.ends(start)}
            for service in self.services if local else sorted(ends.intersection(self.services)):
                for source in self.sources:
                    for default in ("allow", "deny"):
                        mask = self.requests(service, source, peer, partition, default == "allow")
                        if mask:
                            out[Call(default, source, cluster, service, self.name)] = mask
        return out

    def exported(self, peer: str, partition: str) -> list[str]:
        """The services that these callers see."""
        found = set()
        for service in self.exports.get("Services") or ():
            for consumer in service.get("Consumers") or ():
                theirs = (consumer.get("Peer") or "", consumer.get("Partition") or "")
                if theirs == (peer, partition):
                    found.add(within(service["Name"], service.get("Namespace") or DEFAULT))
        whole = {space(name) for name in found if name.endswith(ANY)}
        return sorted({name for name in self.names if space(name) in whole} | found)

    def passed(self, name: str) -> set[str]:
        """A name, and all names of this cluster that its chain may lead through."""
        found, todo = {name}, [name]
        for one in todo:
            further = set(self.next(one)) - found if space(one) == space(name) else set()
            found |= further
            todo += sorted(further)
        return found

    def next(self, name: str) -> Iterator[str]:
        """The names that a name's own entries lead to."""
        yield from (to for to, _ in self.routed(name))
        splits = self.entry("service-splitter", name).get("Splits") or ()
        resolver = self.entry("service-resolver", name)
        failover = [f for rule in (resolver.get("Failover") or {}).values() for f in _failed_over(rule)]
        for to in [*splits, *([resolver["Redirect"]] if resolver.get("Redirect") else ()), *failover]:
            if self.is_here(to):
                yield _led(name, to)

    def ends(self, name: str) -> set[str]:
        """The services of this cluster where the chain of a name ends."""
        out: set[str] = set()
        for routed, subset in {(name, ""), *self.routed(name)}:
            away = space(routed) != space(name)
            for split in [(routed, subset)] if subset or away else self.split(routed, ()):
                out |= self.resolved(*split) if space(split[0]) == space(name) else {split[0]}
        return out

    def routed(self, name: str) -> Iterator[tuple[str, str]]:
        for route in self.entry("service-router", name).get("Routes") or ():
            to = route.get("Destination") or {}
            if self.is_here(to):
                yield _led(name, to), to.get("ServiceSubset") or ""

    def split(self, name: str, seen: tuple[str, ...]) -> list[tuple[str, str]]:
        splits = self.entry("service-splitter", name).get("Splits") or ()
        out = []
        for part in splits:
            to, subset = _led(name, part), part.get("ServiceSubset") or ""
            if not self.is_here(part):
                continue
            again = to != name and not subset and to not in seen and space(to) == space(name)
            out += self.split(to, (*seen, name)) if again else [(to, subset)]
        return out if splits else [(name, "")]

    def resolved(self, name: str, subset: str, seen: tuple[tuple[str, str], ...] = ()) -> set[str]:
        """The services that a resolver ends at, with those that it fails over to."""
        if (name, subset) in seen:
            return set()
        if seen and space(name) != space(seen[0][0]):
            return {name}
        resolver, seen = self.entry("service-resolver", name), (*seen, (name, subset))
        redirect = resolver.get("Redirect")
        if redirect and not self.stays(name, subset, redirect):
            return set()
        if redirect and _moved(name, subset, redirect) != (name, subset):
            return self.resolved(*_moved(name, subset, redirect), seen)
        subset = subset or resolver.get("DefaultSubset") or ""
        rules = resolver.get("Failover") or {}
        failover = rules.get(subset) or rules.get(ANY) or {}
        targets = _failed_over(failover)
        there = [_moved(name, subset, target) for target in targets if self.is_here(target)]
        return {name}.union(*(self.ended(*one, space(seen[0][0])) for one in there))

    def ended(self, name: str, subset: str, home: str, seen: tuple[tuple[str, str], ...] = ()) -> set[str]:
        """The services that a failover's target ends at: it has no failover of its own. It may be redirected
        to where it came from."""
        if space(name) != home:
            return {name}
        redirect = self.entry("service-resolver", name).get("Redirect")
        if redirect and not self.stays(name, subset, redirect):
            return set()
        if redirect and (moved := _moved(name, subset, redirect)) not in (*seen, (name, subset)):
            return self.ended(*moved, home, (*seen, (name, subset)))
        return {name}

    def stays(self, name: str, subset: str, to: Value, seen: tuple[str, ...] = ()) -> bool:
        """Whether a redirect ends in this cluster.

        Servers look for the local resolver of a peer's service, too, and lose the peer where that has a
        default subset or another redirect (seen on 1.14 to 1.22). A failover keeps its peer.
        """
        if self.is_here(to) or not to.get("Peer"):
            return self.is_here(to)
        service, subset = _moved(name, subset, to)
        resolver = self.entry("service-resolver", service)
        redirect = resolver.get("Redirect")
        if not redirect:
            return bool(resolver.get("DefaultSubset") and not subset)
        same = (_led(service, redirect), redirect.get("Peer")) == (service, to["Peer"])
        return not same and service not in seen and self.stays(service, subset, redirect, (*seen, service))

    def requests(self, service: str, source: str, peer: str, partition: str, default: bool) -> int:
        """The kinds of requests that a source may make of a service.

        The strongest intention says so, and with it each weaker one whose source is more exact: proxies have
        a list of what differs from the default, in which an exact source is taken out of wider ones behind
        it only. One of them that differs is enough.
        """
        found, exact = ALL if default else 0, len(_weaker(source))
        for destination in _weaker(service):
            entry = self.entry("service-intentions", destination)
            for place, name in list(enumerate(_weaker(source)))[:exact]:
                for rule in entry.get("Sources") or ():
                    named = within(rule["Name"], rule.get("Namespace") or DEFAULT)
                    if named == name and self.is_from(rule, peer, partition) and place < exact:
                        mask, exact = _mask(rule, default) & _tokens(entry.get("JWT")), place
                        found = found & mask if default else found | mask
        return found

    def is_from(self, rule: Value, peer: str, partition: str) -> bool:
        """Whether an intention's source is among these callers."""
        if rule.get("Peer") or peer:
            return bool(rule.get("Peer") == peer)
        return (rule.get("Partition") or self.partition) == (partition or self.partition)

    def is_here(self, to: Value) -> bool:
        """Whether a reference stays in this cluster."""
        return not to.get("Peer") and (to.get("Partition") or self.partition) == self.partition


def within(service: str, namespace: str) -> str:
    """A service of a namespace as it is called here."""
    return service if namespace == DEFAULT else f"{namespace}/{service}"


def space(name: str) -> str:
    """The namespace of what is called so."""
    return name.rpartition("/")[0] or DEFAULT


def _led(name: str, to: Value) -> str:
    """What a reference in an entry of this name leads to."""
    return within(to.get("Service") or name.rpartition("/")[2], to.get("Namespace") or space(name))


def _weaker(name: str) -> tuple[str, ...]:
    """A name, and the wildcards that it is among, the strongest first."""
    return (name, within(ANY, space(name)), within(ANY, ANY))


def _failed_over(failover: Value) -> list[Value]:
    """The targets of one failover that may be in this datacenter."""
    return [] if failover.get("Datacenters") else failover.get("Targets") or [failover]


def _moved(name: str, subset: str, change: Value) -> tuple[str, str]:
    """What a redirect or a failover makes of a target: another service starts without the subset."""
    to = _led(name, change)
    same = to.rpartition("/")[2] == name.rpartition("/")[2]
    return to, change.get("ServiceSubset") or (subset if same else "")


def _mask(rule: Value, default: bool) -> int:
    if not rule.get("Permissions"):
        return ALL if rule.get("Action") == "allow" else 0
    out = 0
    for bit, request in enumerate(REQUESTS):
        if _permits(rule["Permissions"], request, default):
            out |= 1 << bit
    return out


def _permits(permissions: list[Value], request: tuple[str, str, str], default: bool) -> bool:
    """The first permission that matches decides, and the default where none does."""
    path, method, token = request
    for one in permissions:
        http, providers = one.get("HTTP") or {}, _providers(one.get("JWT"))
        if http.get("PathExact") not in (None, "", path):
            continue
        if not path.startswith(http.get("PathPrefix") or ""):
            continue
        if http.get("Methods") and method not in http["Methods"]:
            continue
        if not providers or token in providers:
            return bool(one["Action"] == "allow")
    return default


def _tokens(jwt: Value | None) -> int:
    providers = _providers(jwt)
    if not providers:
        return ALL
    return sum(1 << bit for bit, (_, _, token) in enumerate(REQUESTS) if token in providers)


def _providers(jwt: Value | None) -> set[str]:
    return {provider.get("Name", "") for provider in (jwt or {}).get("Providers") or ()}


def more(between: Allowed, start: Allowed, end: Allowed) -> list[Call]:
    """What is allowed in between, and neither at the start nor at the end."""
    return sorted(call for call, mask in between.items() if mask & ~(start.get(call, 0) | end.get(call, 0)))


def less(now: Allowed, start: Allowed) -> list[Call]:
    """What was allowed at the start, and is not now."""
    return sorted(call for call, mask in start.items() if mask & ~now.get(call, 0))
