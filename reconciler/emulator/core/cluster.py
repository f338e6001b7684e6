"""Clusters: what one is asked to be, and what it is, as the endpoints see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.emulator.core.store import DEFAULT, Store
from reconciler.emulator.core.versions import Version

DEFAULT_VERSION = "1.20"
MANAGEMENT_TOKEN = "00000000-0000-4000-8000-00000000feed"  # noqa: S105 - public, for a pretend server
PORTS_APART = 20


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What a cluster is: its name (also its datacenter), version, ACL setting and address.

    `port` 0 takes the world's next port; `acl` True means default policy deny with `management_token`.
    `partitions` are those that an Enterprise cluster begins with, and namespaces: `team`, `team:finance`.
    `primary` is the name of the cluster that this one is a secondary datacenter of. With several `servers`
    the one at its address is a follower: it sends on to the leader what it is asked. `default_policy` says
    what a token may do that no rule speaks of; without `bootstrapped` there is no management token until
    somebody asks for it (PUT /v1/acl/bootstrap). `bootstrap` marks the server as one that began a cluster
    alone. Without `peering` its servers were started with it switched off.
    """

    name: str
    version: str = DEFAULT_VERSION
    acl: bool = False
    management_token: str = MANAGEMENT_TOKEN
    host: str = "127.0.0.1"
    port: int = 0
    datacenter: str = ""
    node: str = ""
    announced: int = 0
    partitions: tuple[str, ...] = ()
    primary: str = ""
    servers: int = 1
    node_id: str = ""
    node_meta: Mapping[str, str] = field(default_factory=dict)
    default_policy: str = "deny"
    bootstrap: bool = False
    bootstrapped: bool = True
    peering: bool = True


@dataclass(slots=True)
class Cluster:
    """One cluster as the endpoints see it; of Enterprise one of the partitions on the servers of `server`."""

    name: str
    datacenter: str
    node: str
    version: Version
    acl: bool
    management_token: str
    host: str
    port: int
    announced: int
    node_id: str
    trust_domain: str
    ca_pem: str
    primary: str
    servers: int
    elections: int = 0
    store: Store = field(default_factory=Store)
    loop_tokens: float = 0.0
    loop_counted: float = 0.0
    loop_due: float | None = None
    zombies: int = 0
    strandings: int = 0
    server: str = ""
    partition: str = DEFAULT
    bootstrap: bool = False
    default_policy: str = "deny"
    peering: bool = True
    node_meta: dict[str, str] = field(default_factory=dict)

    def address(self, name: str) -> str:
        """Return host:port of one announced port (http, grpc, grpc_tls, serf_lan, serf_wan, server)."""
        if name == "http":
            return f"{self.host}:{self.port}"
        offset = ("grpc", "grpc_tls", "serf_lan", "serf_wan", "server").index(name)
        return f"{self.host}:{self.announced + 1 + offset}"

    @property
    def server_addresses(self) -> list[str]:
        """Return host:port of every server; the first is at the cluster's own ports."""
        first = int(self.address("server").rpartition(":")[2])
        return [f"{self.host}:{first + number}" for number in range(self.servers)]

    @property
    def leader(self) -> str:
        """Return the leader's address: of several servers never that of the first."""
        others = self.server_addresses[1:] or self.server_addresses
        return others[self.elections % len(others)]

    @property
    def peering_port(self) -> str:
        """Return the port that tokens carry: grpc_tls, on 1.13 grpc."""
        return "grpc_tls" if self.version.at_least(14) else "grpc"

    @property
    def told_partition(self) -> str:
        """Return the partition as peers see it: "" of Community Edition (agent/rpc/peering/service.go)."""
        return self.partition if self.version.enterprise else ""

    @property
    def peering_addresses(self) -> list[str]:
        """Return host:port of every server's peering port; the first is the cluster's own."""
        spare = self.announced + 6 + self.servers  # behind the ports of the servers
        own = self.address(self.peering_port)
        return [own, *(f"{self.host}:{spare + number}" for number in range(1, self.servers))]

    @property
    def server_name(self) -> str:
        """Return the name in tokens: it holds the trust domain from Consul 1.14 on."""
        if not self.version.at_least(14):
            return f"server.{self.datacenter}.consul"
        return f"server.{self.datacenter}.peering.{self.trust_domain}"


class Clusters(dict[str, Cluster]):
    """The clusters of a world by name. A look-up also finds their further partitions, as `NAME:PARTITION`.

    Going through them shows only what was asked for: servers, each once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, Cluster] = {}

    def __missing__(self, name: str) -> Cluster:
        return self.parts[name]
