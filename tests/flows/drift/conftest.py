"""Two clusters with an object of each kind that somebody may change by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import Lab

SHOP = """
name: shop
peerings: [{between: [dc1, dc2]}]
exports: {dc1: {api: [dc2]}}
intentions: {dc1: {api: [{from: web@dc2, action: allow}]}}
service_defaults: {dc1: {api: {protocol: http}}}
config_entries:
  dc1:
    - Kind: service-resolver
      Name: api
      DefaultSubset: v1
      Subsets: {v1: {Filter: "Service.Meta.version == v1"}}
"""


class Shop(Lab):
    """A lab whose objects are changed by hand."""

    def put(self, kind: str, name: str, cluster: str = "dc1", **fields: Any) -> None:
        """Write a config entry behind the tool's back."""
        self.call(cluster, "PUT", "/v1/config", {"Kind": kind, "Name": name, **fields})

    def entry(self, kind: str, name: str, cluster: str = "dc1") -> Any:
        """Return a config entry as the server has it."""
        return self.call(cluster, "GET", f"/v1/config/{kind}/{name}")

    def deny_and_let_in(self) -> None:
        """Change a source of the intentions by hand, and add one."""
        sources = [
            {"Name": "web", "Peer": "dc2", "Action": "deny"},
            {"Name": "intruder", "Action": "allow"},
        ]
        self.put("service-intentions", "api", Sources=sources)

    def export_billing(self) -> None:
        """Export a service of others in the same entry."""
        consumers = [{"Peer": "dc2"}]
        services = [{"Name": "api", "Consumers": consumers}, {"Name": "billing", "Consumers": consumers}]
        self.put("exported-services", "default", Services=services)


@pytest.fixture
def lab(tmp_path: Path) -> Shop:
    made = Shop(tmp_path, clusters=2)
    made.write(made.clusters_yaml() + SHOP)
    return made
