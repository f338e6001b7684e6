"""Two clusters that are peered: dc1 has `api` behind a gateway, dc2 calls it from `web`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler import app
from reconciler.app import PairSelection, WorldChoice
from reconciler.model.access import AccessResult
from reconciler.sdk.access.question import ANY_REQUEST, Request
from tests.support.lab import Lab

PEERED = "peerings: [{between: [dc1, dc2], names: {dc1: us-prod, dc2: eu-prod}}]\n"
EXPORTED = "exports:\n  dc1:\n    api: [dc2]\n"
INTENTIONS = "intentions:\n  dc1:\n    api:\n      - {from: web@dc2, action: allow}\n"
REST = '      - {from: "*@dc2", action: deny}\n'
WHOLE = PEERED + EXPORTED + INTENTIONS + REST


class Estate(Lab):
    """A lab that asks about access."""

    async def ask(
        self,
        *callers: str,
        to: str | None = None,
        upstream: str | None = None,
        request: Request = ANY_REQUEST,
        **choice: Any,
    ) -> AccessResult:
        """Ask; `choice` says of which world."""
        pairs = PairSelection(callers, (to,) if to else (), upstream)
        return await app.ask(self.options(), WorldChoice(**choice), pairs, request)

    async def snapshot(self, *, addresses: bool = False) -> Path:
        """Write a snapshot; return its file."""
        path = self.folder / "estate.json"
        await app.take_snapshot(self.options(), path, addresses=addresses)
        return path

    def register(self, cluster: str, name: str) -> None:
        """Register an instance with a sidecar that has no check."""
        self.call(cluster, "PUT", "/v1/agent/service/register", {"Name": name, "Port": 80})
        proxy = {
            "Kind": "connect-proxy",
            "Name": f"{name}-sidecar-proxy",
            "Port": 20000,
            "Proxy": {"DestinationServiceName": name},
        }
        self.call(cluster, "PUT", "/v1/agent/service/register", proxy)

    def gateway(self, cluster: str) -> None:
        """Register a mesh gateway."""
        here = {"Address": "10.9.8.7", "Port": 8443}
        body = {"Kind": "mesh-gateway", "Name": "mesh-gateway", "ID": "gw", **here}
        wan = {"TaggedAddresses": {"wan": here}}
        self.call(cluster, "PUT", "/v1/agent/service/register", body | wan)

    def declare(self, more: str) -> None:
        """Write the configuration: all clusters, with labels, and this."""
        labels = {"dc1": "prod", "dc2": "dev"}
        clusters = "".join(
            f'  {n}: {{address: "{self.world.url(n)}", labels: {{env: {labels.get(n, "lab")}}}}}\n'
            for n in self.names
        )
        self.write(f"clusters:\n{clusters}groups: {{both: [dc1, dc2]}}\n{more}")


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """Declared, not applied."""
    lab = Estate(tmp_path, 2)
    lab.register("dc1", "api")
    lab.gateway("dc1")
    lab.register("dc2", "web")
    lab.declare(WHOLE)
    return lab


@pytest.fixture
async def applied(estate: Estate) -> Estate:
    """Declared and applied."""
    done = await estate.apply()
    assert done.outcome is not None
    assert done.outcome.failed == ()
    return estate
