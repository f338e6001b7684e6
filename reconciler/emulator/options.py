"""What a sandbox is asked to be: clusters, versions, ports, ACLs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .state import DEFAULT_VERSION, MANAGEMENT_TOKEN, PORTS_APART, ClusterSpec
from .versions import parse_version


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """Settings of `reconciler sandbox`.

    Cluster i answers HTTP at port + 20·i and announces the next five as grpc, grpc_tls, serf_lan, serf_wan
    and server. Port 0 takes free ports. `versions` overrides `version` for single clusters. Raises
    ValueError for an unknown version or for a version of a cluster that is not there.
    """

    clusters: Sequence[str] = ("dc1", "dc2")
    port: int = 0
    version: str = DEFAULT_VERSION
    versions: Mapping[str, str] = field(default_factory=dict)
    acl: bool = False
    management_token: str = MANAGEMENT_TOKEN
    host: str = "127.0.0.1"
    delays: bool = True
    log: int | None = 0

    def __post_init__(self) -> None:
        if len(set(self.clusters)) < len(self.clusters):
            raise ValueError(f"a cluster is named twice: {', '.join(self.clusters)}")
        unknown = sorted(set(self.versions) - set(self.clusters))
        if unknown:
            raise ValueError(f"a version is given for {', '.join(unknown)}, but there is no such cluster")
        for text in (self.version, *self.versions.values()):
            parse_version(text)

    def specs(self, ports: Sequence[int] = ()) -> list[ClusterSpec]:
        """Return the cluster specs; `ports` are the HTTP ports really taken."""
        return [
            ClusterSpec(
                name,
                version=self.versions.get(name, self.version),
                acl=self.acl,
                management_token=self.management_token,
                host=self.host,
                port=ports[number] if ports else self.port + PORTS_APART * number,
            )
            for number, name in enumerate(self.clusters)
        ]
