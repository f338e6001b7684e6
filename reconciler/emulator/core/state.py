"""The world without its doors: clusters, links, clock, timers, identifiers. Endpoints work on it; nothing
waits."""

from __future__ import annotations

import heapq
import random
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from reconciler.emulator.core.cluster import PORTS_APART, Cluster, Clusters, ClusterSpec
from reconciler.emulator.core.faults import Faults
from reconciler.emulator.core.store import Peering
from reconciler.emulator.core.versions import parse_version

FIRST_PORT = 18500
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The leader's peering loop: `burst` rounds at once, then one per `every_s` (Consul: 5 and 5 s)."""

    burst: int = 5
    every_s: float = 5.0


@dataclass(slots=True)
class Link:
    """The stream between two rows: who dialed whom with which secret, and whether it is up.

    `far` is the end that is in another sandbox: "dialer", "acceptor", or "" of none.
    """

    dialer: str
    dialer_row: str
    acceptor: str
    acceptor_row: str
    secret: str
    up: bool = False
    zombie: bool = False
    was_up: bool = False
    far: str = ""


class Order(NamedTuple):
    """What is to be done about a link to another sandbox: "open", "close" or "terminate" it."""

    action: str
    link: Link


class Served(NamedTuple):
    """One line of the wire log."""

    cluster: str
    method: str
    path: str
    query: str
    status: int


class WorldState:
    """Clusters, clock, timers and faults.

    `clock` gives seconds; it is only read. `delays=False` answers everything at once and turns the leaders'
    rhythm off; `time_scale` multiplies every delay. `log` bounds the wire log (None keeps all, 0 none).
    """

    def __init__(
        self,
        clusters: Sequence[ClusterSpec],
        clock: Callable[[], float],
        *,
        delays: bool = True,
        time_scale: float = 1.0,
        rhythm: Rhythm | None = None,
        rng: random.Random | None = None,
        epoch: datetime = EPOCH,
        log: int | None = None,
    ) -> None:
        self.clock = clock
        self.delays = delays
        self.time_scale = time_scale if delays else 0.0
        self.rhythm = (rhythm or Rhythm()) if delays else None
        self.rng = rng or random.Random(0)  # noqa: S311 - repeatable runs are the point
        self.epoch = epoch
        self.faults = Faults()
        self.requests: deque[Served] = deque(maxlen=log)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_count = 0
        self.clusters = Clusters()
        self.links: dict[tuple[str, str], Link] = {}
        self.linked: dict[tuple[str, str], Link] = {}
        self.links_of: dict[str, dict[tuple[str, str], Link]] = {}
        self.dialed: dict[str, str] = {}
        self.snapshots: dict[str, dict[str, Any]] = {}
        self.outside: Callable[[Cluster, Peering], Link] | None = None  # dials other sandboxes
        self.outbox: deque[Order] = deque()
        self._watchers: list[Callable[[], None]] = []
        for number, spec in enumerate(clusters):
            self._add(spec, number)
        for cluster in self.clusters.values():
            self._certify(cluster)

    def _add(self, spec: ClusterSpec, number: int) -> None:
        if spec.name in self.clusters:
            raise ValueError(f"cluster {spec.name!r} is declared twice")
        datacenter = spec.datacenter or spec.name
        port = spec.port or FIRST_PORT + PORTS_APART * number
        cluster = Cluster(
            name=spec.name,
            datacenter=datacenter,
            node=spec.node or f"{datacenter}-server",
            version=parse_version(spec.version),
            acl=spec.acl,
            management_token=spec.management_token if spec.bootstrapped else self.new_id(),
            host=spec.host,
            port=port,
            announced=spec.announced or port,
            node_id=spec.node_id or self.new_id(),
            bootstrap=spec.bootstrap,
            peering=spec.peering,
            default_policy=spec.default_policy if spec.acl else "allow",
            node_meta=dict(spec.node_meta),
            trust_domain=f"{self.new_id()}.consul",
            ca_pem=self.pem(),
            server=spec.name,
            primary=spec.primary or spec.name,
            servers=spec.servers,
        )
        cluster.loop_tokens = float(self.rhythm.burst) if self.rhythm else 0.0
        self.clusters[spec.name] = cluster
        self.links_of[spec.name] = {}
        for address in (cluster.address("grpc"), cluster.address("grpc_tls"), *cluster.peering_addresses):
            self.dialed[address] = spec.name

    def _certify(self, cluster: Cluster) -> None:
        """Give a secondary datacenter the certificate authority of its primary."""
        primary = self.clusters.get(cluster.primary)
        if primary is None or primary.primary != primary.name:
            raise ValueError(f"{cluster.name!r} needs a primary datacenter, {cluster.primary!r} is none")
        cluster.trust_domain, cluster.ca_pem = primary.trust_domain, primary.ca_pem

    def datacenter(self, cluster: Cluster, name: str) -> Cluster | None:
        """Return the datacenter of this name in the federation of a cluster; None where there is none."""
        members = (other for other in self.clusters.values() if other.primary == cluster.primary)
        return next((other for other in members if other.datacenter == name), None)

    def leaderless(self, name: str) -> bool:
        """Say whether a cluster has no leader at this moment."""
        until = self.faults.leaderless.get(name)
        if until is not None and self.clock() >= until:
            del self.faults.leaderless[name]
            return False
        return until is not None

    def pem(self) -> str:
        """Return a text that has the form of a certificate."""
        body = self.rng.getrandbits(8 * 384).to_bytes(384, "big")
        text = b64encode(b"\x30\x82\x01\x7c" + body[4:]).decode()
        lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
        return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"

    def new_id(self) -> str:
        """Return a fresh UUID text from the world's random source."""
        bits = f"{self.rng.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-{bits[12:16]}-{bits[16:20]}-{bits[20:]}"

    def url(self, name: str) -> str:
        """Return the base URL of a cluster."""
        return f"http://{self.clusters[name].address('http')}"

    def on_servers(self, name: str) -> list[str]:
        """Return a cluster and the further partitions on its servers."""
        return [name, *(part.name for part in self.clusters.parts.values() if part.server == name)]

    def holder(self, name: str, row_id: str) -> str:
        """Return which partition on these servers has a peering's row; the cluster itself where none has."""
        parts = self.on_servers(name)
        return next((part for part in parts if row_id in self.clusters[part].store.peering_ids), name)

    def add_link(self, link: Link) -> None:
        """Keep a link, found from both of its clusters."""
        key = (link.dialer, link.dialer_row)
        for table in (self.links, self.links_of[link.dialer], self.links_of[link.acceptor]):
            table[key] = link

    def order(self, action: str, link: Link) -> None:
        """Have the process's channel do something about a link to another sandbox."""
        if link.far:
            self.outbox.append(Order(action, link))
            self.wake()

    def drop_link(self, link: Link) -> None:
        """Forget a link."""
        key = (link.dialer, link.dialer_row)
        for table in (self.links, self.links_of[link.dialer], self.links_of[link.acceptor]):
            if table.get(key) is link:
                del table[key]
        if self.linked.get((link.acceptor, link.acceptor_row)) is link:
            del self.linked[link.acceptor, link.acceptor_row]

    def wall(self, moment: float | None = None) -> str:
        """Return RFC 3339 text for a clock reading (now by default)."""
        seconds = self.clock() if moment is None else moment
        return (self.epoch + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")

    def wall_seconds(self) -> float:
        """Return seconds since 1970 of this moment."""
        return self.epoch.timestamp() + self.clock()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Run `action` once `seconds` (scaled) have passed by the world's clock."""
        self.at(self.clock() + seconds * self.time_scale, action)

    def at(self, due: float, action: Callable[[], None]) -> None:
        """Run `action` once the clock reads `due`."""
        self._timer_count += 1
        heapq.heappush(self._timers, (due, self._timer_count, action))
        self.wake()

    def advance(self) -> None:
        """Run every timer that is due."""
        while self._timers and self._timers[0][0] <= self.clock():
            heapq.heappop(self._timers)[2]()

    def next_event(self) -> float | None:
        """Return the clock reading at which something happens by itself, None if nothing will."""
        return self._timers[0][0] if self._timers else None

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at every change of any table; the returned function stops that."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback)

    def wake(self) -> None:
        """Notify all watchers that something changed."""
        for callback in tuple(self._watchers):
            callback()
