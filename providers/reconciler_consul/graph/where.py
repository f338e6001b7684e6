"""Where entries are: addresses of the configuration on one side, places on servers on the other.

Several clusters of a configuration may be partitions of one Consul cluster, so what is written under one
cluster's name may be read under another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from reconciler.sdk.address import Address
from reconciler.sdk.consul.entry_kinds import is_namespaced
from reconciler.sdk.dataclass import dataclass
from reconciler_consul.kinds.names import entry_address, entry_ref, folded, single_name

DEFAULT = "default"
EXPORTS = "exported-services"


class Place(NamedTuple):
    """A namespace of a partition of some servers (Community Edition: the one that there is)."""

    home: str
    partition: str = DEFAULT
    namespace: str = DEFAULT

    @property
    def wide(self) -> Place:
        """Where what a whole partition shares is kept: mesh, proxy defaults, exports, JWT providers."""
        return self if self.namespace == DEFAULT else Place(self.home, self.partition)


class Key(NamedTuple):
    """One entry on the servers. `name` is in lower case: servers look entries up that way."""

    place: Place
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Servers:
    """The servers behind one cluster of the configuration. `home` is the same for clusters that share their
    entries (a federation has one for all its datacenters), `partition` the cluster's own; `minor` is that of
    Consul 1.`minor`. Peerings are each `datacenter`'s own. `default` is the default intention,
    `None` where it is not known."""

    home: str
    minor: int
    enterprise: bool = False
    partition: str = DEFAULT
    datacenter: str = ""
    default: str | None = None


@dataclass(slots=True)
class Map:
    """Addresses to keys and back. Addresses that were asked for keep their spelling."""

    servers: Mapping[str, Servers]
    spelled: dict[Key, Address] = field(default_factory=dict)
    keys: dict[Address, Key] = field(default_factory=dict)

    def key(self, address: Address) -> Key:
        """Return the key of an entry's address, whose cluster is known."""
        found = self.keys.get(address)
        if found is None:
            found = self.keys[address] = self._key(address)
            self.spelled.setdefault(found, address)
        return found

    def _key(self, address: Address) -> Key:
        kind, name = entry_ref(address)
        server = self.servers[address.cluster]
        place = Place(server.home)
        if server.enterprise:
            partition = address.partition or server.partition
            partition = folded(name) if kind == EXPORTS and name else partition
            namespace = address.namespace if is_namespaced(kind) else None
            place = Place(server.home, partition, namespace or DEFAULT)
        return Key(place, kind, single_name(kind) or folded(name))

    def address(self, key: Key, name: str = "") -> Address:
        """Return the address of an entry, as it was asked for, or with `name` as its spelling."""
        known = self.spelled.get(key)
        if known is None:
            known = self.spelled[key] = self._made(key, name or key.name)
        return known

    def _made(self, key: Key, name: str) -> Address:
        home, partition, namespace = key.place
        own = [c for c, s in self.servers.items() if s.home == home]
        same = [c for c in own if self.servers[c].partition == partition]
        cluster = (same or own)[0]
        scope = None if same and (partition, namespace) == (DEFAULT, DEFAULT) else partition
        name = partition if key.kind == EXPORTS else name
        spaced = namespace if namespace != DEFAULT else None
        return entry_address((key.kind, name), cluster, scope, spaced)
