"""What a sandbox is asked to be: clusters, versions, ports, ACLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.emulator.core.cluster import DEFAULT_VERSION, MANAGEMENT_TOKEN, PORTS_APART, ClusterSpec
from reconciler.emulator.core.versions import parse_version
from reconciler.emulator.tenancy.enter import check_place


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Settings of `reconciler sandbox`.

    Cluster i answers HTTP at port + 20·i and announces the next five as grpc, grpc_tls, serf_lan, serf_wan
    and server. Port 0 takes free ports. `versions` overrides `version` for single clusters, and a version
    ending in `+ent` is Consul Enterprise. `partitions` are those that such a cluster begins with, and the
    namespaces: `team`, `team:finance`. Each of `federations` names the datacenters of one WAN federation, the
    primary first. Raises ValueError for what does not fit.
    """

    clusters: Sequence[str] = ("dc1", "dc2")
    port: int = 0
    version: str = DEFAULT_VERSION
    versions: Mapping[str, str] = field(default_factory=dict)
    partitions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    acl: bool = False
    management_token: str = MANAGEMENT_TOKEN
    host: str = "127.0.0.1"
    federations: Sequence[Sequence[str]] = ()
    delays: bool = True
    log: int | None = 0

    def __post_init__(self) -> None:
        if len(set(self.clusters)) < len(self.clusters):
            raise ValueError(f"a cluster is named twice: {', '.join(self.clusters)}")
        unknown = sorted(set(self.versions) - set(self.clusters))
        if unknown:
            raise ValueError(f"a version is given for {', '.join(unknown)}, but there is no such cluster")
        self._check_federations()
        for text in (self.version, *self.versions.values()):
            parse_version(text)
        for name, places in self.partitions.items():
            self._check_partitions(name, places)

    def _check_partitions(self, name: str, places: Sequence[str]) -> None:
        if name not in self.clusters:
            raise ValueError(f"a partition is given for {name}, but there is no such cluster")
        version = parse_version(self.versions.get(name, self.version))
        if not version.enterprise:
            raise ValueError(
                f"{name} runs {version.text}: partitions need Enterprise, --version {name}=1.20+ent"
            )
        for place in places:
            check_place(place)

    def _check_federations(self) -> None:
        members = [name for names in self.federations for name in names]
        unknown = sorted(set(members) - set(self.clusters))
        if unknown:
            raise ValueError(f"a federation names {', '.join(unknown)}, but there is no such cluster")
        if len(set(members)) < len(members):
            raise ValueError("a cluster is in two federations, or twice in one")

    def _primary(self, cluster: str) -> str:
        return next((names[0] for names in self.federations if cluster in names[1:]), "")

    def specs(self, ports: Sequence[int] = ()) -> list[ClusterSpec]:
        """Return the cluster specs; `ports` are the HTTP ports really taken."""
        return [
            ClusterSpec(
                name,
                version=self.versions.get(name, self.version),
                partitions=tuple(self.partitions.get(name, ())),
                acl=self.acl,
                management_token=self.management_token,
                host=self.host,
                port=ports[number] if ports else self.port + PORTS_APART * number,
                primary=self._primary(name),
            )
            for number, name in enumerate(self.clusters)
        ]
