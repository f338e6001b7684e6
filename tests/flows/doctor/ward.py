"""Clusters on which everything works, and what is done to them behind the tool's back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler import app
from reconciler.model.reaching.checkup import Checkup
from tests.support.lab import Lab
from tests.support.virtual import CLOCK

# web in dc2 calls api, which fails over to dc1 and dc3, and pay of dc1.
HEALTHY = """
peerings: [{mesh: [dc1, dc2, dc3]}]
exports: {dc1: {api: [dc2], pay: [dc2]}, dc3: {api: [dc2]}}
intentions:
  dc1: {api: [{from: web@dc2, action: allow}, {from: "*@*", action: deny}]}
failover: {dc2: {api: [api@dc1, api@dc3]}}
"""
RUNNING = {"dc1": ("api", "pay"), "dc2": ("api", "web"), "dc3": ("api",)}


class Ward:
    """A lab with services and gateways, which the doctor looks at."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        lab.world.epoch = datetime.now(UTC) - timedelta(seconds=CLOCK.now)  # heartbeats are from just now
        for cluster in lab.names:
            self.gateway(cluster)

    def service(self, cluster: str, name: str, **more: Any) -> None:
        """Register an instance with its sidecar; no check is of either."""
        put = "/v1/agent/service/register"
        self.lab.call(cluster, "PUT", put, {"Name": name, "ID": name, "Port": 80, **more})
        proxy = {"DestinationServiceName": name, "DestinationServiceID": name}
        sidecar = {
            "Kind": "connect-proxy",
            "Name": f"{name}-sidecar-proxy",
            "ID": f"{name}-proxy",
            "Port": 81,
        }
        self.lab.call(cluster, "PUT", put, {**sidecar, "Proxy": proxy, **more})

    def gateway(self, cluster: str, *, wan: bool = True) -> None:
        """Register a mesh gateway."""
        here = {"Address": "127.0.0.1", "Port": 8443}
        body = {"Kind": "mesh-gateway", "Name": "mesh-gateway", "ID": "gateway", **here}
        tagged = {"TaggedAddresses": {"lan": here, "wan": here}} if wan else {}
        self.lab.call(cluster, "PUT", "/v1/agent/service/register", {**body, **tagged})

    def gone(self, cluster: str, identity: str) -> None:
        """Deregister an instance."""
        self.lab.call(cluster, "PUT", f"/v1/agent/service/deregister/{identity}")

    def gone_peering(self, one: str, other: str) -> None:
        """Delete a peering at both ends."""
        for here, there in ((one, other), (other, one)):
            self.lab.call(here, "DELETE", f"/v1/peering/{there}")

    def critical(self, cluster: str, identity: str) -> None:
        """Let a check of an instance fail."""
        body = {"Name": f"check of {identity}", "ServiceID": identity, "TTL": "1h", "Status": "critical"}
        self.lab.call(cluster, "PUT", "/v1/agent/check/register", body)

    def entry(self, cluster: str, **body: Any) -> None:
        """Write a config entry."""
        self.lab.call(cluster, "PUT", "/v1/config", body)

    def intentions(self, cluster: str, name: str, *sources: dict[str, Any]) -> None:
        """Write intentions; `Action` is deny unless a source says otherwise."""
        given = [{"Action": "deny", **one} for one in sources]
        self.entry(cluster, Kind="service-intentions", Name=name, Sources=given)

    def exports(self, cluster: str, *items: tuple[str, str]) -> None:
        """Write the exports: a service and a peer each."""
        listed = [{"Name": name, "Consumers": [{"Peer": peer}]} for name, peer in items]
        self.entry(cluster, Kind="exported-services", Name="default", Services=listed)

    async def look(self, *about: str) -> Checkup:
        """Let the doctor look."""
        return await app.diagnose(self.lab.options(), app.WorldChoice(), about)

    async def every_rule(self) -> list[str]:
        """Return the rules of what is found and of what follows from it, each once, in alphabetic order."""
        found = await self.look()
        return sorted({one.rule for root in found.findings for one in (root, *root.consequences)})

    async def rules(self, *about: str) -> list[str]:
        """Return the rules of what is found, each once, in order."""
        found = await self.look(*about)
        return list(dict.fromkeys(one.rule for one in found.findings))


async def healthy(lab: Lab) -> Ward:
    """Return clusters with everything that the configuration speaks of."""
    ward = Ward(lab)
    for cluster, names in RUNNING.items():
        for name in names:
            ward.service(cluster, name)
    lab.write(lab.clusters_yaml() + HEALTHY)
    await lab.apply()
    return ward
