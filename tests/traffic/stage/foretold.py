"""What `access` answers for the requests of a case, from what the agents of its world hold now."""

from __future__ import annotations

import urllib.error
from collections.abc import Mapping
from typing import Any

from reconciler.sdk.access.answer import Answer, Decision
from reconciler.sdk.access.question import Question, Request, Service, Upstream
from reconciler_consul.access import ConsulAnalysis
from tests.support.agents import Agent
from tests.traffic.stage.lab import TrafficLab

_KINDS = [
    "proxy-defaults",
    "mesh",
    "service-defaults",
    "service-resolver",
    "service-splitter",
    "service-router",
    "service-intentions",
    "exported-services",
]


def snapshot(world: TrafficLab) -> dict[str, Any]:
    """Return the clusters and peerings as their agents have them."""
    clusters = {name: _cluster(world, name) for name in world.agents}
    peerings = [
        {
            "acceptor": one,
            "dialer": two,
            "name_at_acceptor": world.alias(one, two),
            "name_at_dialer": world.alias(two, one),
        }
        for one in world.agents
        for two in world.agents
        if one < two
        and _has_peer(world.agents[one], world.alias(one, two))
        and _has_peer(world.agents[two], world.alias(two, one))
    ]
    return {"taken_at": "now", "clusters": clusters, "peerings": peerings}


def _has_peer(agent: Agent, alias: str) -> bool:
    return any(
        row["Name"] == alias and row["State"] != "DELETING" for row in _get(agent, "/v1/peerings") or ()
    )


def _cluster(world: TrafficLab, name: str) -> dict[str, Any]:
    agent = world.agents[name]
    entries = [entry for kind in _KINDS for entry in _get(agent, f"/v1/config/{kind}") or ()]
    return {
        "datacenter": name,
        "version": f"{world.version}.0",
        "default_intention": agent.default,
        "gateway": bool(_get(agent, "/v1/catalog/service/mesh-gateway")),
        "services": [{"name": one, "healthy": _is_healthy(agent, one)} for one in world.clusters[name]],
        "config_entries": entries,
    }


def _is_healthy(agent: Agent, service: str) -> bool:
    return bool(_get(agent, f"/v1/health/service/{service}-sidecar-proxy?passing"))


def _get(agent: Agent, path: str) -> Any:
    try:
        return agent.call("GET", path)
    except urllib.error.HTTPError:
        return None


def foretold(world: TrafficLab, requests: Mapping[str, tuple[str, str, str, str]]) -> dict[str, str]:
    """Return what `access` answers for each: caller, upstream, method and path by text."""
    analysis = ConsulAnalysis(snapshot(world))
    return {text: _said(analysis.answer(_question(world, *parts))) for text, parts in requests.items()}


def _question(world: TrafficLab, caller: str, upstream: str, method: str, path: str) -> Question:
    who = Service.parse(caller)
    name, _, there = upstream.partition("@")
    peer = world.alias(who.cluster, there) if there else None
    return Question(who, None, Upstream(name, peer), Request(method, path, {}))


def _said(answer: Answer) -> str:
    return str(answer.answered_by) if answer.decision is Decision.ALLOWED else answer.decision.value
