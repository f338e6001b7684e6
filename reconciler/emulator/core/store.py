"""The state of one cluster: tables, the raft index, and who is notified when a table moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.wire.messages import Json

FIRST_INDEX = 12
DEFAULT = "default"
VIRTUAL_KINDS = (
    "service-router",
    "service-splitter",
    "service-resolver",
    "service-defaults",
    "service-intentions",
)


class Entry:
    """One stored config entry: its decoded value, its indexes and, once asked for, its JSON."""

    __slots__ = ("create", "encoded", "kind", "modify", "name", "shown", "value")

    def __init__(self, kind: str, name: str, value: dict[str, Any], create: int, modify: int) -> None:
        self.kind = kind
        self.name = name
        self.value = value
        self.create = create
        self.modify = modify
        self.encoded: bytes | None = None
        self.shown: dict[str, Any] | None = None


@dataclass(slots=True)
class Peering:
    """One row of the peering table, with the secrets that Consul keeps beside it."""

    id: str
    name: str
    state: str = "PENDING"
    meta: dict[str, str] = field(default_factory=dict)
    peer_id: str = ""
    ca_pems: list[str] = field(default_factory=list)
    server_name: str = ""
    server_addresses: list[str] = field(default_factory=list)
    manual_addresses: list[str] = field(default_factory=list)
    remote_datacenter: str = ""
    remote_partition: str = ""
    deleted_at: str = ""
    establishment: str = ""
    pending: str = ""
    active: str = ""
    create: int = 0
    modify: int = 0

    @property
    def dials(self) -> bool:
        """Say whether this row is the dialing end (Consul: PeerID is set)."""
        return bool(self.peer_id)

    @property
    def gone(self) -> bool:
        """Say whether the row is DELETING or TERMINATED, so that streams are refused."""
        return self.state in ("DELETING", "TERMINATED")


@dataclass(slots=True)
class Stream:
    """What the leader remembers of one peering's stream; lost when the leader changes."""

    connected: bool = False
    error: str = ""
    since: float = 0.0  # of the clock: connected since; once it is not, when it last heard a heartbeat
    failed: float | None = None  # of the clock: when receiving ended with an error
    exported: tuple[str, ...] = ()
    imported: tuple[str, ...] = ()
    heard: bool = False


class Store:
    """All tables of one cluster; of an Enterprise cluster those of one namespace of one partition.

    `family` are all stores of the same servers by (partition, namespace).
    """

    def __init__(
        self,
        partition: str = DEFAULT,
        namespace: str = DEFAULT,
        family: dict[tuple[str, str], Store] | None = None,
    ) -> None:
        self.partition = partition
        self.namespace = namespace
        self.family: dict[tuple[str, str], Store] = {} if family is None else family
        self.family[partition, namespace] = self
        self.about: dict[str, Json] = {}
        self.index = FIRST_INDEX
        self.grouped: int | None = None
        self.restored = 0
        self.abandoned: Store | None = None
        self.tables: dict[str, int] = {}
        self.kinds: dict[str, int] = {}
        self.entries: dict[str, dict[str, Entry]] = {}
        self.sorted: dict[str, list[Entry]] = {}
        self.referrers: dict[str, set[tuple[str, str]]] = {}
        self.peerings: dict[str, Peering] = {}
        self.peering_ids: dict[str, str] = {}
        self.dirty: set[str] = set()
        self.streams: dict[str, Stream] = {}
        self.nodes: dict[str, dict[str, Json]] = {}
        self.services: dict[tuple[str, str], dict[str, Json]] = {}
        self.by_name: dict[str, dict[tuple[str, str], dict[str, Json]]] = {}
        self.checks: dict[tuple[str, str], dict[str, Json]] = {}
        self.registered: dict[str, dict[str, Json]] = {}
        self.local_checks: dict[str, Any] = {}
        self.events: list[dict[str, Json]] = []
        self.event_time = 1
        self.coordinates: dict[tuple[str, str], dict[str, Json]] = {}
        self.queries: dict[str, dict[str, Json]] = {}
        self.autopilot: dict[str, Json] = {}
        self.methods: dict[str, dict[str, Json]] = {}
        self.binding_rules: dict[str, dict[str, Json]] = {}
        self.virtual_ips: dict[tuple[str, str], str] = {}
        self.free_ips: list[str] = []
        self.kv: dict[str, dict[str, Json]] = {}
        self.graves: dict[str, int] = {}
        self.sessions: dict[str, dict[str, Json]] = {}
        self.session_ends: dict[str, float] = {}
        self.lock_delays: dict[str, float] = {}
        self.policies: dict[str, dict[str, Json]] = {}
        self.tokens: dict[str, dict[str, Json]] = {}
        self.roles: dict[str, dict[str, Json]] = {}
        self.authority: dict[str, Json] = {}
        self.leaves: dict[str, dict[str, Json]] = {}
        self.cache: dict[str, tuple[Any, Any]] = {}
        self.answered: set[str] = set()
        self.listeners: list[Callable[[str], None]] = []

    @contextmanager
    def one_write(self) -> Iterator[None]:
        """Let all that is written inside be one raft write, with one index."""
        self.grouped = 0
        try:
            yield
        finally:
            self.grouped = None

    def bump(self, table: str) -> int:
        """Count one raft write that touches `table` and return its index."""
        if not self.grouped:
            self.index += 1
        if self.grouped is not None:
            self.grouped = self.index
        self.tables[table] = self.index
        for listener in self.listeners:
            listener(table)
        return self.index

    def table_index(self, *tables: str) -> int:
        """Return the newest index of these tables, at least 1 as in Consul's header."""
        return max(1, *(self.tables.get(table, 0) for table in tables))

    def entry(self, kind: str, name: str) -> Entry | None:
        """Return one config entry; names match in any letter case, as Consul's index does."""
        return self.entries.get(kind, {}).get(name.lower())

    @property
    def place(self) -> tuple[str, str]:
        """Return partition and namespace."""
        return self.partition, self.namespace

    @property
    def wide(self) -> Store:
        """Return where what a whole partition shares is kept: its mesh, proxy defaults, exports, peerings."""
        return self.family.get((self.partition, DEFAULT), self)

    def namespaces(self) -> list[Store]:
        """Return the other namespaces of its partition."""
        beside = (store for store in self.family.values() if store.partition == self.partition)
        return [store for store in beside if store is not self]

    def list_entries(self, kind: str) -> list[Entry]:
        """Return the entries of a kind sorted by name (the sorting is kept until the kind changes)."""
        if kind not in self.sorted:
            table = self.entries.get(kind, {})
            self.sorted[kind] = [table[name] for name in sorted(table)]
        return self.sorted[kind]

    def peering_named(self, name: str) -> Peering | None:
        """Return a peering row by name in any letter case (Consul lower-cases look-ups)."""
        return self.peerings.get(name.lower())

    def peering_by_id(self, identifier: str) -> Peering | None:
        """Return a peering row by its ID."""
        name = self.peering_ids.get(identifier)
        return None if name is None else self.peerings.get(name)

    def put_peering(self, row: Peering) -> None:
        """Store a row and count the write."""
        row.modify = self.bump("peering")
        row.create = row.create or row.modify
        self.peerings[row.name.lower()] = row
        self.dirty.add(row.id)
        self.peering_ids[row.id] = row.name.lower()

    def drop_peering(self, row: Peering) -> None:
        """Remove a row and what the leader remembers of it."""
        self.peerings.pop(row.name.lower(), None)
        self.peering_ids.pop(row.id, None)
        self.streams.pop(row.id, None)
        self.dirty.add(row.id)
        self.bump("peering")

    def assign_virtual_ip(self, service: str, peer: str = "") -> str:
        """Return the virtual IP of a service, giving out the next one of 240.0.0.0/4 on first use."""
        key = (service, peer)
        if key not in self.virtual_ips:
            number = len(self.virtual_ips) + len(self.free_ips) + 1
            fresh = f"240.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            self.virtual_ips[key] = self.free_ips.pop() if self.free_ips else fresh
        return self.virtual_ips[key]

    def free_virtual_ip(self, service: str) -> None:
        """Take a service's virtual IP back once neither an entry nor an instance needs it."""
        address = self.virtual_ips.get((service, ""))
        if address is None or any(self.entry(kind, service) for kind in VIRTUAL_KINDS):
            return
        if not self.by_name.get(service):
            del self.virtual_ips[service, ""]
            self.free_ips.append(address)
