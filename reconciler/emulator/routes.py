"""The route table: path, methods in the order of the Allow header, endpoint functions, first version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.emulator.acl import api as acl_api
from reconciler.emulator.acl import authorize as acl_authorize
from reconciler.emulator.acl import binding_rules, token_views
from reconciler.emulator.acl import bootstrap as acl_bootstrap
from reconciler.emulator.acl import methods as acl_methods
from reconciler.emulator.acl import template_api as acl_template_api
from reconciler.emulator.acl import tokens as acl_tokens
from reconciler.emulator.agent import api as agent
from reconciler.emulator.agent import checks as agent_checks
from reconciler.emulator.agent import coordinates, events
from reconciler.emulator.agent import members as agent_members
from reconciler.emulator.agent import metrics as agent_metrics
from reconciler.emulator.agent import services as agent_services
from reconciler.emulator.catalog import api as catalog_api
from reconciler.emulator.catalog import health
from reconciler.emulator.catalog import reads as catalog_reads
from reconciler.emulator.chain import api as discovery
from reconciler.emulator.connect import authority, intentions_legacy, intentions_match
from reconciler.emulator.connect import intentions as intentions_api
from reconciler.emulator.core.context import Context
from reconciler.emulator.core.versions import Version
from reconciler.emulator.entries import api as config_api
from reconciler.emulator.kv import api as kv
from reconciler.emulator.kv import sessions, txn
from reconciler.emulator.operator import api as operators
from reconciler.emulator.operator import snapshots
from reconciler.emulator.peering import api as peering_api
from reconciler.emulator.peering import write as peering_write
from reconciler.emulator.queries import api as queries
from reconciler.emulator.queries import runs as query_runs
from reconciler.emulator.tenancy import api as tenants_api
from reconciler.emulator.wire.messages import Block, Response

Endpoint = Callable[[Context], Response | Block]


@dataclass(frozen=True, slots=True)
class Route:
    """One path: a trailing slash makes it a prefix, as in Go's mux."""

    path: str
    methods: dict[str, Endpoint]
    since: int = 13
    edition: str = ""


AGENT: dict[str, dict[str, Endpoint]] = {
    "/v1/agent/services": {"GET": agent_services.list_all},
    "/v1/agent/service/": {"GET": agent_services.read},
    "/v1/agent/service/register": {"PUT": agent_services.register},
    "/v1/agent/service/deregister/": {"PUT": agent_services.deregister},
    "/v1/agent/service/maintenance/": {"PUT": agent_checks.maintain_service},
    "/v1/agent/maintenance": {"PUT": agent_checks.maintain_node},
    "/v1/agent/health/service/id/": {"GET": agent_services.health_by_id},
    "/v1/agent/health/service/name/": {"GET": agent_services.health_by_name},
    "/v1/agent/checks": {"GET": agent_checks.list_all},
    "/v1/agent/check/register": {"PUT": agent_checks.register},
    "/v1/agent/check/deregister/": {"PUT": agent_checks.deregister},
    "/v1/agent/check/pass/": {"PUT": agent_checks.passing},
    "/v1/agent/check/warn/": {"PUT": agent_checks.warn},
    "/v1/agent/check/fail/": {"PUT": agent_checks.fail},
    "/v1/agent/check/update/": {"PUT": agent_checks.update},
    "/v1/agent/members": {"GET": agent_members.members},
    "/v1/agent/join/": {"PUT": agent_members.join},
    "/v1/agent/leave": {"PUT": agent_members.leave},
    "/v1/agent/force-leave/": {"PUT": agent_members.force_leave},
    "/v1/agent/reload": {"PUT": agent_members.reload},
    "/v1/agent/token/": {"PUT": agent_members.token},
    "/v1/agent/host": {"GET": agent_members.host},
    "/v1/agent/monitor": {"GET": agent_members.monitor},
}
CLUSTER: dict[str, dict[str, Endpoint]] = {
    "/v1/event/fire/": {"PUT": events.fire},
    "/v1/event/list": {"GET": events.list_all},
    "/v1/coordinate/datacenters": {"GET": coordinates.datacenters},
    "/v1/coordinate/nodes": {"GET": coordinates.nodes},
    "/v1/coordinate/node/": {"GET": coordinates.node},
    "/v1/coordinate/update": {"PUT": coordinates.update},
    "/v1/query": {"GET": queries.list_all, "POST": queries.create},
    "/v1/query/": {"GET": query_runs.read, "PUT": queries.update, "DELETE": queries.delete},
    "/v1/operator/raft/configuration": {"GET": operators.raft_configuration},
    "/v1/operator/raft/peer": {"DELETE": operators.remove_peer},
    "/v1/operator/autopilot/configuration": {"GET": operators.autopilot, "PUT": operators.set_autopilot},
    "/v1/operator/autopilot/health": {"GET": operators.autopilot_health},
    "/v1/operator/autopilot/state": {"GET": operators.autopilot_state},
    "/v1/operator/keyring": dict.fromkeys(("GET", "POST", "PUT", "DELETE"), operators.keyring),
}
ACLS: dict[str, tuple[dict[str, Endpoint], int]] = {
    "/v1/acl/policies": ({"GET": acl_api.list_all}, 13),
    "/v1/acl/policy": ({"PUT": acl_api.put_policy}, 13),
    "/v1/acl/policy/": (
        {"GET": acl_api.read, "PUT": acl_api.put_policy, "DELETE": acl_api.delete},
        13,
    ),
    "/v1/acl/roles": ({"GET": acl_api.list_all}, 13),
    "/v1/acl/role": ({"PUT": acl_api.put_role}, 13),
    "/v1/acl/role/": ({"GET": acl_api.read, "PUT": acl_api.put_role, "DELETE": acl_api.delete}, 13),
    "/v1/acl/tokens": ({"GET": token_views.list_all}, 13),
    "/v1/acl/token": ({"PUT": acl_tokens.put}, 13),
    "/v1/acl/token/": (
        {"GET": token_views.read, "PUT": acl_tokens.put, "DELETE": acl_tokens.delete},
        13,
    ),
    "/v1/acl/auth-methods": ({"GET": acl_methods.list_methods}, 13),
    "/v1/acl/auth-method": ({"PUT": acl_methods.put_method}, 13),
    "/v1/acl/auth-method/": (
        {
            "GET": acl_methods.read_method,
            "PUT": acl_methods.put_method,
            "DELETE": acl_methods.delete_method,
        },
        13,
    ),
    "/v1/acl/binding-rules": ({"GET": binding_rules.list_rules}, 13),
    "/v1/acl/binding-rule": ({"PUT": binding_rules.put_rule}, 13),
    "/v1/acl/binding-rule/": (
        {"GET": binding_rules.read_rule, "PUT": binding_rules.put_rule, "DELETE": binding_rules.delete_rule},
        13,
    ),
    "/v1/acl/login": ({"POST": acl_methods.login}, 13),
    "/v1/acl/logout": ({"POST": acl_methods.logout}, 13),
    "/v1/acl/replication": ({"GET": acl_bootstrap.replication}, 13),
    "/v1/acl/bootstrap": ({"PUT": acl_bootstrap.bootstrap}, 13),
    "/v1/acl/templated-policies": ({"GET": acl_template_api.list_all}, 17),
    "/v1/acl/templated-policy/name/": ({"GET": acl_template_api.read}, 17),
    "/v1/acl/templated-policy/preview/": ({"POST": acl_template_api.preview}, 17),
}
ROUTES = (
    Route("/v1/peering/token", {"POST": peering_write.generate}),
    Route("/v1/peering/establish", {"POST": peering_write.establish}),
    Route("/v1/peering/", {"GET": peering_api.read, "DELETE": peering_api.delete}),
    Route("/v1/peerings", {"GET": peering_api.list_all}),
    Route("/v1/config", {"PUT": config_api.put}),
    Route("/v1/config/", {"GET": config_api.get, "DELETE": config_api.delete}),
    Route("/v1/agent/self", {"GET": agent.self_}),
    Route("/v1/agent/version", {"GET": agent.version}, 16),
    Route("/v1/agent/metrics", {"GET": agent_metrics.read}),
    *(Route(path, methods) for path, methods in AGENT.items()),
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
    Route("/v1/catalog/node/", {"GET": catalog_reads.node}),
    Route("/v1/catalog/node-services/", {"GET": catalog_reads.node_services}),
    Route("/v1/catalog/connect/", {"GET": catalog_reads.connect}),
    Route("/v1/catalog/gateway-services/", {"GET": catalog_reads.gateway_services}),
    Route("/v1/health/service/", {"GET": health.service}),
    Route("/v1/health/connect/", {"GET": health.connect}),
    Route("/v1/health/ingress/", {"GET": health.ingress}),
    Route("/v1/health/node/", {"GET": health.node}),
    Route("/v1/health/state/", {"GET": health.state}),
    Route("/v1/health/checks/", {"GET": health.checks}),
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
    Route("/v1/session/node/", {"GET": sessions.of_node}),
    Route("/v1/session/list", {"GET": sessions.list_all}),
    Route("/v1/internal/acl/authorize", {"POST": acl_authorize.authorize}),
    *(Route(path, methods) for path, methods in CLUSTER.items()),
    Route("/v1/operator/raft/transfer-leader", {"POST": operators.transfer_leader}, 15),
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
    *(Route(path, methods, since) for path, (methods, since) in ACLS.items()),
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
