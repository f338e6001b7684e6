"""A world of real clusters: agents, applications, sidecars and mesh gateways on loopback.

The world knows services and upstreams. Peerings, exports, intentions and all other entries come from the
configuration that a test applies.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.support.processes import free_port
from tests.traffic.stage.agents import MeshAgent
from tests.traffic.stage.echo import Echo
from tests.traffic.stage.envoy import Proxy

# service -> its upstreams: `api` goes through the cluster's own chain, `api@dc1` straight to a peer.
Services = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Sidecar:
    """A service with its application and proxy; `upstreams` are local ports by what they lead to."""

    who: str
    app: Echo
    proxy: Proxy
    port: int = field(default_factory=free_port)
    upstreams: dict[str, int] = field(default_factory=dict)
    renewed: int = 0
    _ports: dict[str, int] = field(default_factory=dict)

    def port_to(self, upstream: str) -> int:
        """The local port that leads to an upstream, the same each time."""
        if upstream not in self._ports:
            self._ports[upstream] = free_port()
        return self._ports[upstream]


@dataclass(slots=True)
class Gateway:
    """A mesh gateway."""

    proxy: Proxy
    port: int = field(default_factory=free_port)


def numbers(version: str) -> tuple[int, ...]:
    """A version to compare: `1.20` -> (1, 20). The `consul` on PATH has none, and counts as the oldest."""
    return tuple(int(part) for part in version.split(".")) if version[:1].isdigit() else (0,)


class TrafficLab:
    """Clusters of one Consul version, of which `consul` is number and path.

    `aliases[here, there]` is what `here` calls `there` (where not given: its name), `defaults` the default
    intentions that are not `allow`; `settings[who]` goes into a sidecar's own registration. `datacenters` are
    those that are not called like their cluster, `meta` is that of every sidecar. `ejects`: its proxies eject
    endpoints that fail.
    """

    def __init__(
        self,
        folder: Path,
        consul: tuple[str, str],
        clusters: Mapping[str, Services],
        aliases: Mapping[tuple[str, str], str],
        defaults: Mapping[str, str],
        settings: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        *,
        datacenters: Mapping[str, str] = MappingProxyType({}),
        meta: Mapping[str, str] = MappingProxyType({}),
        ejects: bool = False,
    ) -> None:
        self.version, binary = consul
        self.meta = dict(meta)
        self.folder, self.clusters, self.aliases, self.settings = folder, clusters, aliases, settings
        self.agents = {
            name: MeshAgent(
                name, datacenters.get(name, name), binary, folder, default=defaults.get(name, "allow")
            )
            for name in clusters
        }
        self.ejects = ejects
        self.sidecars: dict[str, Sidecar] = {}
        self.gateways: dict[str, Gateway] = {}

    def start(self) -> None:
        """Start everything and wait until each proxy has a configuration. On failure nothing is left."""
        try:
            for agent in self.agents.values():
                agent.start()
            for agent in self.agents.values():
                agent.wait()
            for name, services in self.clusters.items():
                self._add_gateway(name)
                for service, upstreams in services.items():
                    self._add(name, service, upstreams)
            for proxy in self.proxies():
                proxy.wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process and server."""
        for proxy in self.proxies():
            proxy.stop()
        for sidecar in self.sidecars.values():
            sidecar.app.close()
        for agent in self.agents.values():
            agent.stop()

    def proxies(self) -> Iterator[Proxy]:
        """Every Envoy."""
        yield from (sidecar.proxy for sidecar in self.sidecars.values())
        yield from (gateway.proxy for gateway in self.gateways.values())

    def _proxy(self, cluster: str, id_: str, service: str) -> Proxy:
        folder = self.folder / cluster
        folder.mkdir(exist_ok=True)
        return Proxy(id_, service, self.agents[cluster].ports["grpc"], folder, self.ejects)

    def _add_gateway(self, cluster: str) -> None:
        self.gateways[cluster] = Gateway(self._proxy(cluster, "gateway", "mesh-gateway"))
        self.register_gateway(cluster)
        self.gateways[cluster].proxy.start()

    def register_gateway(self, cluster: str) -> None:
        """Register a cluster's gateway, which already runs."""
        here = {"Address": "127.0.0.1", "Port": self.gateways[cluster].port}
        body = {"Kind": "mesh-gateway", "Name": "mesh-gateway", "ID": "gateway", **here}
        self._register(cluster, {**body, "TaggedAddresses": {"lan": here, "wan": here}})

    def _add(self, cluster: str, service: str, upstreams: Sequence[str]) -> None:
        who = f"{service}@{cluster}"
        sidecar = Sidecar(who, Echo(who), self._proxy(cluster, f"{service}-sidecar", service))
        self.sidecars[who] = sidecar
        app = {"Name": service, "ID": service, "Address": "127.0.0.1", "Port": sidecar.app.port}
        self._register(cluster, app)
        self.connect(who, upstreams)
        sidecar.proxy.start()

    def connect(self, who: str, upstreams: Sequence[str]) -> None:
        """Give a sidecar exactly these upstreams. Registering again also renews all its listeners."""
        service, _, cluster = who.partition("@")
        sidecar = self.sidecars[who]
        sidecar.upstreams = {to: sidecar.port_to(to) for to in upstreams}
        proxy = {
            **self.settings.get(who, {}),
            "DestinationServiceName": service,
            "DestinationServiceID": service,
            "LocalServiceAddress": "127.0.0.1",
            "LocalServicePort": sidecar.app.port,
            "Config": {"renewed": sidecar.renewed},
            "Upstreams": [self._upstream(cluster, to, port) for to, port in sidecar.upstreams.items()],
        }
        names = {"Name": f"{service}-sidecar-proxy", "ID": f"{service}-sidecar"}
        at = {"Address": "127.0.0.1", "Port": sidecar.port}
        more = {"Meta": self.meta} if self.meta else {}
        self._register(cluster, {"Kind": "connect-proxy", **names, **at, **more, "Proxy": proxy})

    def renew(self, who: str) -> None:
        """Have an agent rebuild a sidecar's configuration: it does so for another registration."""
        self.sidecars[who].renewed += 1
        self.connect(who, tuple(self.sidecars[who].upstreams))

    def _upstream(self, here: str, to: str, port: int) -> dict[str, Any]:
        service, _, there = to.partition("@")
        out = {"DestinationType": "service", "DestinationName": service, "LocalBindPort": port}
        return {**out, "DestinationPeer": self.alias(here, there)} if there else out

    def alias(self, here: str, there: str) -> str:
        """What one cluster calls another."""
        return self.aliases.get((here, there), there)

    @contextmanager
    def upstreams(self, who: str, upstreams: Sequence[str]) -> Iterator[None]:
        """A sidecar with other upstreams meanwhile."""
        usual = tuple(self.sidecars[who].upstreams)
        self.connect(who, upstreams)
        try:
            yield
        finally:
            self.connect(who, usual)

    def _register(self, cluster: str, body: Mapping[str, Any]) -> None:
        self.agents[cluster].call("PUT", "/v1/agent/service/register", body)

    @contextmanager
    def down(self, who: str) -> Iterator[None]:
        """A service whose only instance is critical meanwhile."""
        service, _, cluster = who.partition("@")
        path = f"/v1/agent/service/maintenance/{service}-sidecar?enable="
        self.agents[cluster].call("PUT", path + "true")
        try:
            yield
        finally:
            self.agents[cluster].call("PUT", path + "false")

    @contextmanager
    def without_gateway(self, cluster: str) -> Iterator[None]:
        """A cluster whose gateway is not registered meanwhile."""
        self.agents[cluster].call("PUT", "/v1/agent/service/deregister/gateway")
        try:
            yield
        finally:
            self.register_gateway(cluster)

    def memory(self) -> int:
        """Resident bytes of all agents and proxies."""
        processes = [agent.process for agent in self.agents.values()]
        processes += [proxy.process for proxy in self.proxies()]
        return sum(_resident(process) for process in processes if process is not None)


def _resident(process: subprocess.Popen[bytes]) -> int:
    text = Path(f"/proc/{process.pid}/status").read_text()
    found = next((line for line in text.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(found.split()[1]) * 1024
