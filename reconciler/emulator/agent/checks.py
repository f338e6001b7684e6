"""/v1/agent/check and checks, /v1/agent/maintenance: what is registered at the agent and reported to it."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.acl.access import authorizer, require
from reconciler.emulator.agent import local_checks
from reconciler.emulator.catalog.check_rules import STATUSES, problem, type_of
from reconciler.emulator.core import bodies
from reconciler.emulator.core.context import Context
from reconciler.emulator.filters.fields import CHECK
from reconciler.emulator.filters.match import TRUTHS, compile_filter
from reconciler.emulator.wire.durations import format_duration
from reconciler.emulator.wire.messages import Refusal, Response, as_json, empty

Value = dict[str, Any]
UPDATE: dict[str, Any] = {"Status": str, "Output": str}
NO_SCRIPTS = (
    "Scripts are disabled on this agent from remote calls; "
    "to enable, configure 'enable_script_checks' to true"
)


def list_all(context: Context) -> Response:
    """Return the checks of the agent by their ID; rows have no index of their own there."""
    who = authorizer(context)
    fits = compile_filter(context.query.get("filter", ""), CHECK)
    rows = {name: _local(context, name) for name in sorted(context.own.local_checks)}
    wanted = {name: row for name, row in rows.items() if row and fits(row)}
    shown = {name: row for name, row in wanted.items() if _readable(context, who, row)}
    answer = as_json(shown)
    if len(shown) < len(wanted) and who.accessor:
        answer.headers["X-Consul-Results-Filtered-By-ACLs"] = "true"
    return answer


def _readable(context: Context, who: Any, row: Value) -> bool:
    if row["ServiceName"]:
        return bool(who.allows("service", "read", row["ServiceName"]))
    return bool(who.allows("node", "read", context.cluster.node))


def _local(context: Context, identifier: str) -> Value:
    row = context.own.checks.get((context.cluster.node, identifier))
    return {**row, "CreateIndex": 0, "ModifyIndex": 0} if row else {}


def register(context: Context) -> Response:
    """Register a check of the node, or of a service that is registered at the agent."""
    body = bodies.read(context, bodies.AGENT_CHECK)
    if not body.get("Name"):
        raise Refusal(400, "Missing check name")
    if body.get("Status") and body["Status"] not in STATUSES:
        raise Refusal(400, "Bad check status")
    who = authorizer(context)
    why = problem(body)
    if why:
        raise Refusal(400, f"Invalid check: {why}")
    service = _service_of(context, body.get("ServiceID", ""))
    if service is not None:
        require(who, "service", "write", service["Service"])
    else:
        require(who, "node", "write", context.cluster.node)
    if type_of(body) in ("script", "docker"):
        raise Refusal(500, NO_SCRIPTS)
    local_checks.keep(context.world, context.cluster, _row(body), body.get("TTL", 0))
    return empty()


def _service_of(context: Context, identifier: str) -> Value | None:
    if not identifier:
        return None
    found: Value | None = context.own.services.get((context.cluster.node, identifier))
    if found is None:
        raise Refusal(404, f'ServiceID "{identifier}" does not exist')
    return found


def _row(body: Value) -> Value:
    return {
        "CheckID": body.get("ID") or body["Name"],
        "Name": body["Name"],
        "Status": body.get("Status") or "critical",
        "Notes": body.get("Notes", ""),
        "ServiceID": body.get("ServiceID", ""),
        "Type": type_of(body),
        "Interval": format_duration(body.get("Interval", 0)),
        "Timeout": format_duration(body.get("Timeout", 0)),
    }


def _vetted(context: Context, action: str) -> str:
    """Return the ID in the path of a check that may be changed."""
    identifier = context.rest(f"/v1/agent/check/{action}/")
    who = authorizer(context)
    row = _local(context, identifier) if identifier in context.own.local_checks else {}
    if not row:
        raise Refusal(
            404, f'Unknown check ID "{identifier}". Ensure that the check ID is passed, not the check name.'
        )
    if row["ServiceName"]:
        require(who, "service", "write", row["ServiceName"])
    else:
        require(who, "node", "write", context.cluster.node)
    return identifier


def deregister(context: Context) -> Response:
    """Remove a check."""
    local_checks.drop(context.cluster, _vetted(context, "deregister"))
    return empty()


def _tell(context: Context, action: str, status: str, output: str) -> Response:
    identifier = _vetted(context, action)
    if not local_checks.set_status(context.world, context.cluster, identifier, status, output):
        raise Refusal(500, f'CheckID "{identifier}" does not have associated TTL')
    return empty()


def passing(context: Context) -> Response:
    """Let a check with a TTL pass."""
    return _tell(context, "pass", "passing", context.query.get("note", ""))


def warn(context: Context) -> Response:
    """Let a check with a TTL warn."""
    return _tell(context, "warn", "warning", context.query.get("note", ""))


def fail(context: Context) -> Response:
    """Let a check with a TTL fail."""
    return _tell(context, "fail", "critical", context.query.get("note", ""))


def update(context: Context) -> Response:
    """Set status and output of a check with a TTL."""
    body = bodies.read(context, UPDATE, prefix="checkUpdate.")
    status = body.get("Status", "")
    if status not in STATUSES:
        raise Refusal(400, f"Invalid check status: '{status}'")
    return _tell(context, "update", status, body.get("Output", ""))


def _enable(context: Context) -> bool:
    if "enable" not in context.query:
        raise Refusal(400, "Missing value for enable")
    text = context.query["enable"]
    if text not in TRUTHS:
        raise Refusal(400, f'Invalid value for enable: "{text}"')
    return TRUTHS[text]


def maintain_node(context: Context) -> Response:
    """Begin or end the maintenance of the agent's node."""
    enable = _enable(context)
    require(authorizer(context), "node", "write", context.cluster.node)
    if enable:
        local_checks.maintain(context.world, context.cluster, context.query.get("reason", ""))
    else:
        local_checks.drop(context.cluster, local_checks.NODE_MAINTENANCE)
    return empty()


def maintain_service(context: Context) -> Response:
    """Begin or end the maintenance of a service at the agent."""
    identifier = context.rest("/v1/agent/service/maintenance/")
    if not identifier:
        raise Refusal(400, "Missing service ID")
    enable = _enable(context)
    who = authorizer(context)
    service = context.own.services.get((context.cluster.node, identifier))
    if service is None:
        raise Refusal(
            404,
            f'Unknown service ID "{identifier}". Ensure that the service ID is passed, not the service name.',
        )
    require(who, "service", "write", service["Service"])
    if enable:
        local_checks.maintain(context.world, context.cluster, context.query.get("reason", ""), service)
    else:
        local_checks.drop(context.cluster, f"{local_checks.SERVICE_MAINTENANCE}{identifier}")
    return empty()
