"""Consul agents that proxies can talk to: gRPC, DNS, and a default intention."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tests.support.agents import Agent
from tests.support.processes import ended, free_port, started

_PORTS = ("http", "dns", "server", "serf_lan", "serf_wan", "grpc", "grpc_tls")


@dataclass(slots=True)
class MeshAgent(Agent):
    """One running server. `default` is its default intention; `deny` needs Consul ≥1.18."""

    default: str = "allow"

    def start(self) -> None:
        """Start it on ports of its own."""
        self.ports = self.ports or {name: free_port() for name in _PORTS}
        config = {
            "node_name": self.name,
            "datacenter": self.datacenter,
            "ports": {**self.ports, "https": -1},
            "connect": {"enabled": True},
            "peering": {"enabled": True},
            "log_level": "error",
            **({"default_intention_policy": "deny"} if self.default == "deny" else {}),
        }
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(config))
        log = self.folder / f"{self.name}.log"
        self.process = started([self.binary, "agent", "-dev", f"-config-file={path}"], log)

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            ended(self.process)
            self.process = None
