"""One request as the endpoints see it: decoded query, token, blocking options, and what its answer needs."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from .durations import parse_duration
from .messages import Block, Json, Refusal, Request, Response, as_json
from .state import Cluster, WorldState
from .store import Store

DEFAULT_WAIT_S = 300.0
LONGEST_WAIT_S = 600.0
NANO = 1e9


class Context:
    """The request, the cluster it went to and the world around."""

    def __init__(self, world: WorldState, cluster: Cluster, request: Request, block: Block | None) -> None:
        self.world = world
        self.cluster = cluster
        self.store: Store = cluster.store
        if block is not None and block.restored != self.store.restored and self.store.abandoned is not None:
            self.store = self.store.abandoned  # the cluster was restored meanwhile
        self.own = self.store
        self.request = request
        self.block = block
        query = request.query
        self.query: dict[str, str] = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
        self.index = 0
        self.wait_s = DEFAULT_WAIT_S
        self.filtered = False

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

    def parse_options(self, *, check_dc: bool = True) -> None:
        """Read index, wait, consistency and dc; raises the 400s (and the 500 of an unknown datacenter)."""
        if not self.query:
            return
        if "stale" in self.query and "consistent" in self.query:
            raise Refusal(400, "Cannot specify ?stale with ?consistent, conflicting semantics.")
        self._parse_wait()
        datacenter = self.query.get("dc", "")
        if check_dc and datacenter and datacenter != self.cluster.datacenter:
            raise Refusal(500, "No path to datacenter")

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
            self.cluster.server,
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
        if self.filtered:
            response.headers["X-Consul-Results-Filtered-By-ACLs"] = "true"
        return response

    def read(
        self, tables: tuple[str, ...], answer: Callable[[], Json], marker: Callable[[], object] | None = None
    ) -> Response | Block:
        """Answer a read of `tables` with `answer()` as JSON, blocking when asked to."""
        index = self.store.table_index(*tables)
        block = self.waits(index, marker or (lambda: self.store.table_index(*tables)))
        return block or self.indexed(as_json(answer()), index)
