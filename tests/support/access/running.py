"""What runs on real servers for tests of access: services with sidecars, gateways; and applying there."""

from __future__ import annotations

import asyncio
from typing import Any

from reconciler import app
from reconciler.model.plan import Mode, Selection
from tests.support.agents import Agent

HERE = {"Address": "127.0.0.1", "Port": 8443}
GATEWAY = {
    "Kind": "mesh-gateway",
    "Name": "mesh-gateway",
    "ID": "gateway",
    **HERE,
    "TaggedAddresses": {"lan": HERE, "wan": HERE},
}
REGISTER = "/v1/agent/service/register"


def register(agent: Agent, name: str, *, critical: bool = False) -> None:
    """Register a service with a sidecar proxy, whose check is critical where asked for."""
    agent.call("PUT", REGISTER, {"Name": name, "ID": name, "Port": 80})
    proxy = {"DestinationServiceName": name, "DestinationServiceID": name, "LocalServicePort": 80}
    side: dict[str, Any] = {
        "Kind": "connect-proxy",
        "Name": f"{name}-sidecar-proxy",
        "ID": f"{name}-proxy",
        "Port": 21000,
        "Proxy": proxy,
    }
    if critical:
        side["Check"] = {"TTL": "1h", "Status": "critical"}
    agent.call("PUT", REGISTER, side)


def applied(options: app.Options) -> bool:
    """Apply the configuration, and say whether every action was done."""
    hooks: dict[str, Any] = {
        "approve": lambda planned: True,
        "observe": lambda event: None,
        "stop": app.Stop(),
    }
    done = asyncio.run(app.apply(options, Mode.NORMAL, Selection(), **hooks))
    return done.outcome is None or not (done.outcome.failed or done.outcome.skipped)
