"""One request as the endpoints see it: decoded query, token, blocking options, and what its answer needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from reconciler.emulator.core.cluster import Cluster
from reconciler.emulator.core.state import WorldState
from reconciler.emulator.core.store import Store
from reconciler.emulator.wire.durations import parse_duration
from reconciler.emulator.wire.messages import Block, Json, Refusal, Request, Response, as_json

DEFAULT_WAIT_S = 300.0
LONGEST_WAIT_S = 600.0
NANO = 1e9
CACHED = (
    "/v1/catalog/services",
    "/v1/catalog/service/",
    "/v1/catalog/connect/",
    "/v1/health/service/",
    "/v1/health/connect/",
    "/v1/health/ingress/",
    "/v1/query/",
    "/v1/discovery-chain/",
    "/v1/connect/intentions/match",
)
# Consul 1.14: a code does not come through a follower.
INVALID, UNKNOWN = "rpc error: code = InvalidArgument desc", "rpc error: code = Unknown desc"
LEADERLESS_PATHS = ("/v1/agent/", "/v1/status/")
PEERINGS = "/v1/peering"
NOT_BY_RPC = (PEERINGS, *LEADERLESS_PATHS)
TELL_CONSISTENCY = (
    "/v1/catalog/",
    "/v1/health/",
    "/v1/connect/intentions/match",
    "/v1/discovery-chain/",
    "/v1/operator/usage",
    "/v1/query",
)
NO_LEADER = "No cluster leader"
NO_PATH = "No path to datacenter"
DIALED = "dial tcp {}:0->{}: connect: connection refused"
NO_CONNECTION = f"rpc error getting client: failed to get conn: {DIALED}"
RPC_ERROR = "rpc error making call: "


def not_dialed(cluster: Cluster) -> Refusal:
    """Return how a follower that does not reach the leader answers for peerings."""
    dialed = DIALED.format(cluster.host, cluster.leader)
    text = f'connection error: desc = "transport: Error while dialing: {dialed}"'
    version = cluster.version
    prefix = "rpc error: code = Unavailable desc = " if version.prefixes_rpc_errors else ""
    return Refusal(version.unreachable_status, f"{prefix}{text}", local=True)


class Context:
    """The request, the cluster it went to and the world around."""

    def __init__(self, world: WorldState, cluster: Cluster, request: Request, block: Block | None) -> None:
        self.world = world
        self.origin = cluster
        self.index_of_refusals = False
        self.request = request
        self.block = block
        self._at(cluster)
        query = request.query
        pairs = parse_qsl(query, keep_blank_values=True) if query else []
        self.query: dict[str, str] = dict(reversed(pairs))  # of several the first
        self.index = 0
        self.wait_s = DEFAULT_WAIT_S
        self.filtered = False

    def _at(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.store: Store = cluster.store
        block = self.block
        if block is not None and block.restored != self.store.restored and self.store.abandoned is not None:
            self.store = self.store.abandoned  # the cluster was restored meanwhile
        self.own = self.store

    def ask(self, datacenter: str) -> None:
        """Go on at a datacenter of the federation; "" is the cluster's own."""
        if datacenter and datacenter != self.cluster.datacenter:
            target = self.world.datacenter(self.cluster, datacenter)
            if target is None:
                raise Refusal(500, NO_PATH, local=True)
            self._forward(target)

    def ask_primary(self) -> None:
        """Go on at the primary datacenter: it alone writes config entries and ACLs."""
        if self.cluster.primary != self.cluster.server:
            self._forward(self.world.clusters[self.cluster.primary])

    def _forward(self, target: Cluster) -> None:
        if not self.world.faults.reachable(self.cluster.server, target.name):
            text = NO_CONNECTION.format(self.cluster.host, target.address("server"))
            raise Refusal(500, text, local=True)
        place = (self.store.partition, self.store.namespace)
        self._at(target)
        self.store = self.store.family.get(place, self.store)
        if self.world.leaderless(target.name):
            raise Refusal(500, NO_LEADER)

    def refused(self, refusal: Refusal) -> Response:
        """Return a refusal as this server's answer: what another server says comes as an RPC's."""
        sent_on = self.cluster.server != self.origin.server or self._follows()
        if sent_on and refusal.status in (403, 500) and not refusal.local:
            refusal.text = f"{RPC_ERROR}{refusal.text}"
        if self.origin.servers > 1 and self.request.path.startswith(PEERINGS):
            refusal.text = refusal.text.replace(INVALID, UNKNOWN)
        if self.index_of_refusals and refusal.status in (403, 500):
            refusal.headers.setdefault("X-Consul-Index", "1")
        return refusal.response()

    def _follows(self) -> bool:
        """Say whether the leader, another server, answers. Peerings are asked for by gRPC, without words."""
        return self.origin.servers > 1 and not self.request.path.startswith(NOT_BY_RPC)

    def require_leader(self) -> None:
        """Refuse what no leader is there for; a follower says how it failed to reach the one that was."""
        cluster = self.origin
        if not self.world.leaderless(cluster.name) or self.request.path.startswith(LEADERLESS_PATHS):
            return
        if cluster.servers == 1:
            raise Refusal(500, NO_LEADER)
        if self.request.path.startswith(PEERINGS):
            raise not_dialed(cluster)
        raise Refusal(500, NO_CONNECTION.format(cluster.host, cluster.leader), local=True)

    def rest(self, prefix: str) -> str:
        """Return what follows `prefix` in the path."""
        return self.request.path[len(prefix) :]

    def header(self, name: str) -> str:
        """Return a request header, "" if absent."""
        return self.request.headers.get(name.lower(), "")

    @property
    def token(self) -> str:
        """Return the ACL token: ?token=, X-Consul-Token, Authorization: Bearer, in Consul's order."""
        if self.query.get("token"):
            return self.query["token"]
        bearer = self.header("authorization")
        return self.header("x-consul-token") or (
            bearer[7:].strip() if bearer[:7].lower() == "bearer " else ""
        )

    def values(self, name: str) -> list[str]:
        """Return every value of a query parameter."""
        return [value for key, value in parse_qsl(self.request.query, keep_blank_values=True) if key == name]

    def parse_options(self, *, check_dc: bool = True) -> None:
        """Read index, wait, consistency and dc; raises the 400s (and the 500 of an unknown datacenter)."""
        if self.header("cache-control"):
            self._parse_cache_control()
        if not self.query:
            return
        if "stale" in self.query and "consistent" in self.query:
            raise Refusal(400, "Cannot specify ?stale with ?consistent, conflicting semantics.")
        if "cached" in self.query and "consistent" in self.query:
            raise Refusal(400, "Cannot specify ?cached with ?consistent, conflicting semantics.")
        self._parse_wait()
        if check_dc:
            self.ask(self.query.get("dc", ""))

    def _parse_cache_control(self) -> None:
        for directive in self.header("cache-control").lower().split(","):
            name, given, age = directive.strip().partition("=")
            if given and name in ("max-age", "stale-if-error") and not re.fullmatch(r"[+-]?\d+", age, re.A):
                raise Refusal(400, "Invalid Cache-Control header.")

    def _parse_wait(self) -> None:
        if self.query.get("wait"):
            try:
                self.wait_s = min(parse_duration(self.query["wait"]) / NANO, LONGEST_WAIT_S)
            except ValueError:
                raise Refusal(400, "Invalid wait time") from None
        if self.query.get("index"):
            if not self.query["index"].isascii() or not self.query["index"].isdigit():
                raise Refusal(400, "Invalid index")
            self.index = int(self.query["index"])

    def refuse_enterprise(self, *, namespaces: bool = True) -> None:
        """Refuse what only Enterprise understands: partitions and, where looked at, namespaces."""
        if self.cluster.version.enterprise:
            return
        names = ["partition"]
        if namespaces:
            names.insert(0, "ns")
        for name in names:
            feature = "Namespaces" if name == "ns" else "Partitions"
            header = "X-Consul-Namespace" if name == "ns" else "X-Consul-Partition"
            if self.header(header):
                raise Refusal(400, f'Invalid header: "{header}" - {feature} are a Consul Enterprise feature')
            if self.query.get(name):
                raise Refusal(
                    400, f'Invalid query parameter: "{name}" - {feature} are a Consul Enterprise feature'
                )

    def waits(self, table_index: int, marker: Callable[[], object]) -> Block | None:
        """Return the Block of a blocking query that has nothing new yet, else None.

        `marker` names what the query reads: it wakes when that value changes, but never while the cluster's
        index is not above `index`; and when the cluster is restored. A query is answered at once when the
        table moved past `index`, and after `wait` with the unchanged index.
        """
        if self.block is not None:
            return None
        if not self.index or table_index > self.index:
            return None
        before, restored = marker(), self.store.restored
        deadline = self.world.clock() + self.wait_s * (self.world.time_scale or 1.0)
        return Block(
            self.origin.server,
            self.request,
            deadline,
            lambda: self.store.restored != restored or (self.store.index > self.index and marker() != before),
            restored=restored,
        )

    def indexed(self, response: Response, table_index: int) -> Response:
        """Add the headers of a read: index, leader, consistency, filtering."""
        response.headers["X-Consul-Index"] = str(table_index)
        response.headers["X-Consul-KnownLeader"] = "true"
        response.headers["X-Consul-LastContact"] = "0"
        if "cached" in self.query and self.request.path.startswith(CACHED):
            self._from_cache(response)
        response.headers["X-Consul-Query-Backend"] = "blocking-query"
        if self.request.path.startswith(TELL_CONSISTENCY):
            level = next((one for one in ("stale", "consistent") if one in self.query), "leader")
            response.headers["X-Consul-Effective-Consistency"] = level
        if self.filtered:
            response.headers["X-Consul-Results-Filtered-By-ACLs"] = "true"
        return response

    def _from_cache(self, response: Response) -> None:
        """Say whether the agent has answered this before: what it caches it keeps up to date, so Age is 0."""
        plain = [(key, text) for key, text in parse_qsl(self.request.query) if key not in ("index", "wait")]
        question = f"{self.request.path}?{sorted(plain)}"
        asked = self.own.answered
        response.headers["X-Cache"] = "HIT" if question in asked else "MISS"
        if question in asked:
            response.headers["Age"] = "0"
        asked.add(question)

    def read(
        self, tables: tuple[str, ...], answer: Callable[[], Json], marker: Callable[[], object] | None = None
    ) -> Response | Block:
        """Answer a read of `tables` with `answer()` as JSON, blocking when asked to."""
        index = self.store.table_index(*tables)
        block = self.waits(index, marker or (lambda: self.store.table_index(*tables)))
        return block or self.indexed(as_json(answer()), index)
