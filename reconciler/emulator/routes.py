"""The route table: path, methods in the order of the Allow header, endpoint functions, first version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import (
    acl_api,
    acl_authorize,
    agent,
    authority,
    catalog_api,
    config_api,
    discovery,
    health,
    intentions_api,
    intentions_legacy,
    intentions_match,
    kv,
    peering_api,
    peering_write,
    sessions,
    snapshots,
    tenants_api,
    txn,
)
from .context import Context
from .messages import Block, Response
from .versions import Version

Endpoint = Callable[[Context], Response | Block]


@dataclass(frozen=True, slots=True)
class Route:
    """One path: a trailing slash makes it a prefix, as in Go's mux."""

    path: str
    methods: dict[str, Endpoint]
    since: int = 13
    edition: str = ""


ROUTES = (
    Route("/v1/peering/token", {"POST": peering_write.generate}),
    Route("/v1/peering/establish", {"POST": peering_write.establish}),
    Route("/v1/peering/", {"GET": peering_api.read, "DELETE": peering_api.delete}),
    Route("/v1/peerings", {"GET": peering_api.list_all}),
    Route("/v1/config", {"PUT": config_api.put}),
    Route("/v1/config/", {"GET": config_api.get, "DELETE": config_api.delete}),
    Route("/v1/agent/self", {"GET": agent.self_}),
    Route("/v1/agent/version", {"GET": agent.version}, 16),
    Route("/v1/agent/metrics", {"GET": agent.metrics}),
    Route("/v1/agent/services", {"GET": catalog_api.agent_services}),
    Route("/v1/agent/service/register", {"PUT": catalog_api.register_at_agent}),
    Route("/v1/agent/service/deregister/", {"PUT": catalog_api.deregister_at_agent}),
    Route("/v1/status/leader", {"GET": agent.leader}),
    Route("/v1/status/peers", {"GET": agent.peers}),
    Route("/v1/connect/ca/roots", {"GET": authority.roots}),
    Route(
        "/v1/connect/ca/configuration",
        {"GET": authority.read_configuration, "PUT": authority.write_configuration},
    ),
    Route("/v1/agent/connect/ca/roots", {"GET": authority.agent_roots}),
    Route(authority.LEAF, {"GET": authority.leaf}),
    Route("/v1/agent/connect/authorize", {"POST": authority.authorize}),
    Route("/v1/catalog/services", {"GET": catalog_api.services}),
    Route("/v1/catalog/nodes", {"GET": catalog_api.nodes}),
    Route("/v1/catalog/datacenters", {"GET": catalog_api.datacenters}),
    Route("/v1/catalog/service/", {"GET": catalog_api.service}),
    Route("/v1/catalog/register", {"PUT": catalog_api.register}),
    Route("/v1/catalog/deregister", {"PUT": catalog_api.deregister}),
    Route("/v1/health/service/", {"GET": health.service}),
    Route("/v1/health/connect/", {"GET": health.connect}),
    Route("/v1/exported-services", {"GET": agent.exported_services}, 18),
    Route("/v1/operator/usage", {"GET": agent.usage}, 16),
    Route("/v1/discovery-chain/", {"GET": discovery.read, "POST": discovery.read}),
    Route("/v1/connect/intentions", {"GET": intentions_api.list_all, "POST": intentions_legacy.create}),
    Route(
        "/v1/connect/intentions/exact",
        {
            "GET": intentions_api.read_exact,
            "PUT": intentions_api.put_exact,
            "DELETE": intentions_api.delete_exact,
        },
    ),
    Route("/v1/connect/intentions/match", {"GET": intentions_match.match}),
    Route("/v1/connect/intentions/check", {"GET": intentions_match.check}),
    Route(
        intentions_legacy.PREFIX,
        {
            "GET": intentions_legacy.read,
            "PUT": intentions_legacy.update,
            "DELETE": intentions_legacy.delete,
        },
    ),
    Route("/v1/kv/", {"GET": kv.get, "PUT": kv.put, "DELETE": kv.delete}),
    Route("/v1/txn", {"PUT": txn.put}),
    Route("/v1/session/create", {"PUT": sessions.create}),
    Route("/v1/session/renew/", {"PUT": sessions.renew}),
    Route("/v1/session/destroy/", {"PUT": sessions.destroy}),
    Route("/v1/session/info/", {"GET": sessions.info}),
    Route("/v1/session/list", {"GET": sessions.list_all}),
    Route("/v1/internal/acl/authorize", {"POST": acl_authorize.authorize}),
    Route("/v1/snapshot", {"GET": snapshots.save, "PUT": snapshots.restore}),
    Route("/v1/partitions", {"GET": tenants_api.list_partitions}, edition="enterprise"),
    Route("/v1/partition", {"PUT": tenants_api.put_partition}, edition="enterprise"),
    Route(
        "/v1/partition/",
        {
            "GET": tenants_api.read_partition,
            "PUT": tenants_api.put_partition,
            "DELETE": tenants_api.delete_partition,
        },
        edition="enterprise",
    ),
    Route("/v1/namespaces", {"GET": tenants_api.list_namespaces}, edition="enterprise"),
    Route("/v1/namespace", {"PUT": tenants_api.put_namespace}, edition="enterprise"),
    Route(
        "/v1/namespace/",
        {
            "GET": tenants_api.read_namespace,
            "PUT": tenants_api.put_namespace,
            "DELETE": tenants_api.delete_namespace,
        },
        edition="enterprise",
    ),
    Route("/v1/acl/policies", {"GET": acl_api.list_all}),
    Route("/v1/acl/policy", {"PUT": acl_api.put_policy}),
    Route("/v1/acl/policy/", {"GET": acl_api.read, "PUT": acl_api.put_policy, "DELETE": acl_api.delete}),
    Route("/v1/acl/roles", {"GET": acl_api.list_all}),
    Route("/v1/acl/role", {"PUT": acl_api.put_role}),
    Route("/v1/acl/role/", {"GET": acl_api.read, "PUT": acl_api.put_role, "DELETE": acl_api.delete}),
    Route("/v1/acl/tokens", {"GET": acl_api.list_all}),
    Route("/v1/acl/token", {"PUT": acl_api.put_token}),
    Route("/v1/acl/token/", {"GET": acl_api.read, "PUT": acl_api.put_token, "DELETE": acl_api.delete}),
)
EXACT = {route.path: route for route in ROUTES if not route.path.endswith("/")}
PREFIXES = {route.path: route for route in ROUTES if route.path.endswith("/")}


def find_route(path: str, version: Version) -> Route | None:
    """Return the route of a path for one version: exact first, then the longest prefix."""
    route = EXACT.get(path)
    end = len(path)
    while route is None and end > 0:
        end = path.rfind("/", 0, end)
        route = PREFIXES.get(path[: end + 1]) if end >= 0 else None
    known = route is not None and version.at_least(route.since) and route.edition in ("", version.edition)
    return route if known else None
