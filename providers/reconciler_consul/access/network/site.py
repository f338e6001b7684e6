"""One cluster of a world: what runs there, and its config entries. Worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from reconciler.sdk.access.answer import Origin
from reconciler.sdk.provider import Body
from reconciler_consul.access.network.parsing import (
    Version,
    flag_of,
    list_of,
    mapping_of,
    name_of,
    version_of,
)
from reconciler_consul.access.network.placing import placed
from reconciler_consul.graph.body import (
    ANY,
    CHAIN_KINDS,
    DEFAULTS,
    EVERYWHERE,
    OF_CHAINS,
    RESOLVER,
    ROUTER,
    SPLITTER,
    protocol_of,
    text,
)
from reconciler_consul.graph.chains.cache import Tried, tried
from reconciler_consul.graph.chains.compiler import Chain, Refused
from reconciler_consul.graph.chains.near import all_leading_to
from reconciler_consul.graph.holdings import Holdings, Reader, Shelf
from reconciler_consul.graph.where import Key, Place
from reconciler_consul.kinds.names import folded, single_name
from reconciler_consul.kinds.spelling import documented_all
from reconciler_consul.worlds.form import DOWN

T = TypeVar("T")
_single = cache(single_name)
_ALL = "config_entries"
_INTENTIONS = ("allow", "deny")


class Running(NamedTuple):
    """A service that is registered: whether an instance is healthy, whether it is in the mesh, and how many
    instances are in those subsets of its resolver that were counted.
    """

    name: str
    healthy: bool = True
    sidecar: bool = True
    subsets: Mapping[str, Any] = MappingProxyType({})


class Site:
    """A cluster as the world describes it. `exists` is false for one that only a peering names;
    `taken`: servers hold these entries, so that they took them. `more`: services that nothing names may run,
    too. `*` stands for them, as a destination, too."""

    def __init__(
        self,
        name: str,
        raw: Mapping[str, Any],
        *,
        exists: bool = True,
        taken: bool = False,
        more: bool = False,
    ) -> None:
        self.name, self.raw, self.exists, self.taken, self.more = name, raw, exists, taken, more
        self.datacenter = name_of(raw.get("datacenter")) or name
        self.version: Version | None = version_of(raw.get("version"))
        self.enterprise = raw.get("edition") == "enterprise" or "+ent" in text(raw.get("version"))
        default = raw.get("default_intention")
        self.default: str | None = default if default in _INTENTIONS else None
        self.gateway = flag_of(raw.get("gateway"))
        self.is_down = raw.get(DOWN) is True
        self._unknown = {key: str(why or "not read") for key, why in mapping_of(raw.get("unknown")).items()}
        self._compiled: dict[tuple[str, bool], Tried] = {}
        self.origin = Origin(name)
        self.memo: dict[Any, Any] = {}

    # What is not known

    def unknown(self, *kinds: str) -> str | None:
        """Return why entries of these kinds are not known, for people; `None` where all are."""
        if not self._unknown and self.exists and _ALL in self.raw:
            return None
        if "cluster" in self._unknown or not self.exists:
            return self.whole_unknown
        for kind in (_ALL, *kinds):
            if kind in self._unknown:
                what = "config entries" if kind == _ALL else f"{kind} entries"
                return f"the {what} of {self.name} are not known ({self._unknown[kind]})"
        return None if _ALL in self.raw else f"the config entries of {self.name} are not known"

    @property
    def whole_unknown(self) -> str | None:
        """Why nothing of the cluster is known; `None` where something is."""
        if "cluster" in self._unknown:
            return f"{self.name} is not known ({self._unknown['cluster']})"
        return None if self.exists else f"nothing is known of {self.name}"

    @property
    def peerings_unknown(self) -> str | None:
        """Why the peerings of the cluster are not, or not all, known; `None` where they are."""
        if "peerings" in self._unknown:
            return f"the peerings of {self.name} are not known ({self._unknown['peerings']})"
        return self.whole_unknown

    @property
    def reasons(self) -> str:
        """Why the cluster, or parts of it, are not known; empty where all is."""
        if "cluster" in self._unknown:
            return self._unknown["cluster"]
        parts: dict[str, list[str]] = {}
        for key, why in sorted(self._unknown.items()):
            parts.setdefault(why, []).append(key)
        return "; ".join(f"{', '.join(keys)}: {why}" for why, keys in parts.items())

    # What runs

    @cached_property
    def running(self) -> dict[str, Running] | None:
        """The services that are registered, by name, `*` for those that nothing names; `None` where that is
        not known.
        """
        if "services" in self._unknown or not isinstance(self.raw.get("services"), list | tuple):
            return None
        found: dict[str, Running] = {ANY: Running(ANY)} if self.more else {}
        for item in list_of(self.raw["services"]):
            name = name_of(item.get("name"))
            if name and text(item.get("namespace")) in ("", "default"):
                in_mesh = item.get("sidecar") is not False
                one = Running(name, _is_healthy(item), in_mesh, mapping_of(item.get("subsets")))
                found[name] = _both(found.get(name), one)
        return found

    def runs(self, service: str) -> Running | bool | None:
        """Return a service that is registered, `False` where it is not, `None` where that is not known."""
        running = self.running
        return None if running is None else running.get(service, False)

    @property
    def services_unknown(self) -> str:
        """The condition that an answer rests on where services are not known."""
        why = self._unknown.get("services") or self._unknown.get("cluster")
        return f"the services of {self.name} are not known" + (f" ({why})" if why else "")

    # Entries

    @cached_property
    def place(self) -> Place:
        """Where the entries are held."""
        return Place(self.name)

    @cached_property
    def entries(self) -> dict[str, dict[str, Body]]:
        """The entries of the default namespace by kind and by name in lower case."""
        found: dict[str, dict[str, Body]] = {}
        for body in documented_all(list_of(self.raw.get(_ALL))):
            kind, name = text(body.get("Kind")), text(body.get("Name"))
            if text(body.get("Namespace")) in ("", "default") and kind:
                found.setdefault(kind, {})[_single(kind) or folded(name)] = _sound(kind, body)
        return found

    def entry(self, kind: str, name: str) -> Body | None:
        """Return one entry, or `None`."""
        held = self.entries.get(kind)
        return held.get(_single(kind) or folded(name)) if held else None

    @cached_property
    def holdings(self) -> Holdings:
        """What chains are compiled from."""
        held = Holdings()
        shelf = held.shelf(self.place)
        for kind in OF_CHAINS:
            for low, body in self.entries.get(kind, {}).items():
                seen = placed(body, self.datacenter) if kind == RESOLVER else body
                shelf.put(kind, text(body.get("Name")) or low, seen)
        return held

    @property
    def shelf(self) -> Shelf:
        """The entries that chains are made of, and who refers to whom."""
        return self.holdings.shelf(self.place)

    # Chains

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returned for this key the first time."""
        if key not in self.memo:
            self.memo[key] = make()
        return self.memo[key]  # type: ignore[no-any-return]

    def chain_protocol(self, service: str) -> str:
        """Return the protocol of a name's chain; empty where there cannot be one."""
        if self.has_chain(service):
            return self.chain(service).protocol
        return protocol_of(self.entry(DEFAULTS, service), self.entry(EVERYWHERE, "global"))

    def chain(self, service: str, *, routed: bool = True) -> Tried:
        """Return the chain of a name as this cluster's proxies get it; not `routed`: without routers and
        splitters, as for a caller that dials with a protocol of its own.
        """
        found = self._compiled.get((service, routed))
        if found is None:
            found = self._compiled[service, routed] = self._compile(service, routed)
        return found

    def _compile(self, service: str, routed: bool) -> Tried:
        if routed:
            return tried(self.holdings, self.place, service, alone=True)
        try:
            chain = Chain(_Plain(self.holdings, self.place, True), service)
        except Refused as refused:
            return Tried(service, None, str(refused), frozenset(), frozenset())
        return Tried(service, chain, "", frozenset(), frozenset())

    def bare_chain(self, service: str) -> Tried:
        """Return the chain that a name would have without a resolver of its own."""
        with self.holdings.over(key_of(self, RESOLVER, service), None):
            return tried(self.holdings, self.place, service, alone=True)

    def has_chain(self, service: str) -> bool:
        """Say whether a router, splitter or resolver gives a name a meaning."""
        return self._has_chains and self.shelf.has_chain(service)

    @cached_property
    def _has_chains(self) -> bool:
        """Whether there is any router, splitter or resolver."""
        return any(self.entries.get(kind) for kind in CHAIN_KINDS)

    def leading_to(self, service: str) -> set[str]:
        """Return a service and all names, in lower case, whose chain may lead to it."""
        return all_leading_to(self.shelf, folded(service))

    def protocol(self, service: str) -> str:
        """Return the protocol that a service's own proxy speaks."""
        return self.said_protocol(service) or "tcp"

    def said_protocol(self, name: str) -> str:
        """Return what the defaults of a name, or the proxy defaults, say; empty where they say nothing."""
        return text((self.entry(DEFAULTS, name) or {}).get("Protocol")).lower() or self._protocol_of_all

    @cached_property
    def _protocol_of_all(self) -> str:
        """What the proxy defaults say; empty where they say nothing."""
        config = mapping_of((self.entry(EVERYWHERE, "global") or {}).get("Config"))
        named = (text(value).lower() for key, value in config.items() if str(key).lower() == "protocol")
        return next(named, "")


class _Plain(Reader):
    """A reader that sees neither routers nor splitters."""

    def get(self, kind: str, name: str) -> Body | None:
        """Return an entry, or `None`."""
        return None if kind in (ROUTER, SPLITTER) else super().get(kind, name)


def _sound(kind: str, body: Body) -> Body:
    """Return a resolver without what is no failover: the model of servers expects what they would take."""
    if kind != RESOLVER:
        return body
    failover = mapping_of(body.get("Failover"))
    odd = [name for name, rule in failover.items() if not isinstance(rule, Mapping)]
    if not odd:
        return body
    return {**body, "Failover": {name: rule for name, rule in failover.items() if name not in odd}}


def _is_healthy(item: Mapping[str, Any]) -> bool:
    return item.get("healthy") is not False and item.get("instances") != 0


def _both(one: Running | None, other: Running) -> Running:
    if one is None:
        return other
    subsets = {key: count for key, count in one.subsets.items() if other.subsets.get(key) == count}
    return Running(one.name, one.healthy or other.healthy, one.sidecar or other.sidecar, subsets)


def spelled(site: Site, low: str) -> str:
    """Return a name as an entry of its chain spells it."""
    shelf = site.shelf
    kinds = (RESOLVER, SPLITTER, ROUTER)
    kind = next((kind for kind in kinds if low in shelf.of(kind)), "")
    return shelf.name(kind, low)


def key_of(site: Site, kind: str, name: str) -> Key:
    """Return the key of an entry of a site."""
    return Key(site.place, kind, single_name(kind) or folded(name))
